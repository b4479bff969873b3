//! Call stacks folded into boxes and merged from their outermost frame on.

use crate::frame::FrameRef;
use crate::{InApp, Moment, Packages, Profile, library};
use std::collections::BTreeMap;

/// What a box stands for.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// Where all stacks begin.
    Root,
    /// An in-app function.
    InApp {
        /// `Sessions::put`.
        name: String,
        /// The name in the profile.
        function: String,
        place: String,
    },
    /// Consecutive frames of one package.
    Package(String),
}

/// A box and those below it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) what: What,
    /// The most frames that any of the stacks has here.
    pub(super) frames: usize,
    /// Bytes of the stacks that end here, before and after.
    ends: [u64; 2],
    pub(super) children: BTreeMap<String, Node>,
}

/// Whether every in-app line is a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// For one profile.
    Apart,
    /// For two: an edit may have moved lines, so functions are compared.
    Together,
}

impl Node {
    pub(super) fn root() -> Self {
        Self::new(What::Root)
    }

    fn new(what: What) -> Self {
        Self { what, frames: 0, ends: [0; 2], children: BTreeMap::new() }
    }

    /// The sum of all differences at and below this box.
    pub(super) fn weight(&self) -> u64 {
        let [before, after] = self.ends;
        let below = self.children.values().map(Self::weight);
        below.fold(before.abs_diff(after), u64::saturating_add)
    }

    /// Bytes at and below this box, before and after.
    pub(super) fn bytes(&self) -> [u64; 2] {
        self.children.values().fold(self.ends, |[before, after], child| {
            let [more_before, more_after] = child.bytes();
            [before.saturating_add(more_before), after.saturating_add(more_after)]
        })
    }

    /// Adds all stacks of a profile; `side` is 0 for before and 1 for after.
    pub(super) fn add(
        &mut self,
        profile: &Profile,
        moment: Moment,
        in_app: &InApp,
        side: usize,
        lines: Lines,
    ) {
        let steps = steps(profile, in_app, lines);
        for (counts, stack) in profile.stacks() {
            let (bytes, _) = counts.held(moment);
            if bytes == 0 {
                continue;
            }
            let mut at = &mut *self;
            for (step, frames) in fold(stack, &steps) {
                let new = || Self::new(step.what.clone());
                at = at.children.entry(step.key.clone()).or_insert_with(new);
                at.frames = at.frames.max(frames);
            }
            at.ends[side] = at.ends[side].saturating_add(bytes);
        }
    }
}

/// The box that a frame becomes, alone or together with its neighbours.
struct Step {
    key: String,
    what: What,
    /// Whether the frame shows its package. One that doesn't joins its caller's box.
    known: bool,
}

impl Step {
    fn absorbs(&self, inner: &Self) -> bool {
        let packages = matches!(self.what, What::Package(_))
            && matches!(inner.what, What::Package(_));
        packages && (!inner.known || self.key == inner.key)
    }
}

/// The step of every frame of the table; `None` for those that are never drawn.
fn steps(profile: &Profile, in_app: &InApp, lines: Lines) -> Vec<Option<Step>> {
    let table = profile.table();
    let packages = Packages::of(&table);
    let program = profile.program();
    let step = |frame: &FrameRef<'_>| {
        if frame.is_library() || is_start(frame) {
            return None;
        }
        if in_app.contains(frame) {
            return Some(in_app_step(frame, &program, lines));
        }
        let package = packages.package(frame);
        let known = package.is_some();
        let name = package.unwrap_or_else(|| file_name(frame));
        let drawn = !library::CRATES.contains(&name.as_str());
        let what = What::Package(name.clone());
        drawn.then_some(Step { key: name, what, known })
    };
    table.iter().map(step).collect()
}

fn in_app_step(frame: &FrameRef<'_>, program: &str, lines: Lines) -> Step {
    // Without the program's name, so that the functions of two twins meet.
    let function = frame.name();
    let path = match function.split_once("::") {
        Some((first, rest)) if first == program => rest,
        _ => &function,
    };
    let place = match lines {
        Lines::Apart => frame.place,
        Lines::Together => frame.path(),
    };
    // A closure without a function has no name.
    let name = Some(frame.short()).filter(|name| !name.is_empty());
    Step {
        // A package's name has no space, so the two kinds of keys never meet.
        key: format!("{path} {place}"),
        what: What::InApp {
            name: name.unwrap_or_else(|| file_name(frame)),
            function: frame.function.to_owned(),
            place: frame.place.to_owned(),
        },
        known: true,
    }
}

/// The boxes of a stack, outermost first, each with its number of frames.
fn fold<'a>(stack: &[u32], steps: &'a [Option<Step>]) -> Vec<(&'a Step, usize)> {
    let mut boxes: Vec<(&Step, usize)> = Vec::new();
    for step in stack.iter().rev().filter_map(|&f| steps[f as usize].as_ref()) {
        match boxes.last_mut() {
            Some((outer, frames)) if outer.absorbs(step) => *frames += 1,
            // Without a caller that shows its package, it joins the next one that does.
            Some((outer, frames))
                if !outer.known && matches!(step.what, What::Package(_)) =>
            {
                *outer = step;
                *frames += 1;
            }
            _ => boxes.push((step, 1)),
        }
    }
    boxes
}

fn file_name(frame: &FrameRef<'_>) -> String {
    let file = frame.path().rsplit('/').next().unwrap_or_default();
    if file.is_empty() { "unknown".to_owned() } else { file.to_owned() }
}

/// The frames of the system below the program's first function.
fn is_start(frame: &FrameRef<'_>) -> bool {
    frame.function == "[root]" || (frame.place.is_empty() && frame.function == "???")
}
