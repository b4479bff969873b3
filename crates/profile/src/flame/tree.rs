//! Call stacks folded and put together from their beginnings.

use crate::{FrameRef, Moment, Packages, Profile};
use std::collections::BTreeMap;

/// What a box stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Where all stacks begin.
    Root,
    /// A function of own code.
    Own {
        /// `Sessions::put`.
        name: String,
        /// As the profile names it.
        function: String,
        /// File and line.
        place: String,
    },
    /// Consecutive frames of one package.
    Package {
        name: String,
        /// Most frames that any of the stacks has here.
        frames: usize,
    },
}

/// A box and those below it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) what: What,
    /// Bytes of the stacks that end here, before and after.
    ends: [u64; 2],
    pub(super) children: BTreeMap<String, Node>,
}

/// Whether a line of own code is a box of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// In one profile every line is.
    Apart,
    /// Between two profiles an edit may have moved lines, so functions are compared.
    Together,
}

impl Node {
    pub(super) fn root() -> Self {
        Self::new(What::Root)
    }

    fn new(what: What) -> Self {
        Self { what, ends: [0; 2], children: BTreeMap::new() }
    }

    /// How far the boxes at and below this one are from what they were.
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

    /// Adds all stacks of a profile; `side` is 0 before and 1 after.
    pub(super) fn grow(
        &mut self,
        profile: &Profile,
        moment: Moment,
        own: &dyn Fn(&str) -> bool,
        (side, lines): (usize, Lines),
    ) {
        let mut folder = Folder::new(profile, own, lines);
        for (counts, stack) in profile.stacks() {
            let (bytes, _) = counts.held(moment);
            if bytes == 0 {
                continue;
            }
            let mut at = &mut *self;
            for part in folder.fold(stack) {
                at = at.below(&part);
            }
            at.ends[side] = at.ends[side].saturating_add(bytes);
        }
    }

    /// The box for this part of a stack, a new one where there is none.
    fn below(&mut self, part: &Part<'_>) -> &mut Self {
        let (key, frames) = match part {
            Part::Own(own) => (own.key.as_str(), 1),
            Part::Package(name, frames) => (*name, *frames),
        };
        if !self.children.contains_key(key) {
            self.children.insert(key.to_owned(), Self::new(part.what()));
        }
        let below =
            self.children.get_mut(key).expect("it was there or is there now");
        // A box of several stacks tells of the longest.
        if let What::Package { frames: most, .. } = &mut below.what {
            *most = frames.max(*most);
        }
        below
    }
}

/// A box of one stack.
enum Part<'a> {
    Own(&'a OwnStep),
    /// So many frames of a package.
    Package(&'a str, usize),
}

impl Part<'_> {
    fn what(&self) -> What {
        match self {
            Self::Own(own) => own.what.clone(),
            Self::Package(name, frames) => {
                What::Package { name: (*name).to_owned(), frames: *frames }
            }
        }
    }
}

/// Turns stacks of frames into stacks of boxes.
struct Folder<'a> {
    table: Vec<FrameRef<'a>>,
    packages: Packages<'a>,
    program: String,
    own: &'a dyn Fn(&str) -> bool,
    lines: Lines,
    /// What is known of each frame, because stacks have most of theirs in common.
    known: Vec<Option<Step>>,
}

/// A frame in a stack.
enum Step {
    /// The standard library, which is in everything and tells nothing.
    Skip,
    Own(OwnStep),
    Package(String),
    /// Nothing tells the package: its caller's, then, or else the file has to do.
    Unknown(String),
}

struct OwnStep {
    key: String,
    what: What,
}

impl<'a> Folder<'a> {
    fn new(
        profile: &'a Profile,
        own: &'a dyn Fn(&str) -> bool,
        lines: Lines,
    ) -> Self {
        let table = profile.table();
        let packages = Packages::of(&table);
        let program = profile.program();
        let known = table.iter().map(|_| None).collect();
        Self { table, packages, program, own, lines, known }
    }

    /// The boxes of a stack, outermost first.
    fn fold(&mut self, stack: &[u32]) -> Vec<Part<'_>> {
        for &index in stack {
            let index = index as usize;
            if self.known[index].is_none() {
                self.known[index] = Some(self.step(&self.table[index]));
            }
        }
        let mut parts: Vec<Part<'_>> = Vec::new();
        let steps =
            stack.iter().rev().filter_map(|&f| self.known[f as usize].as_ref());
        for step in steps {
            let (name, known) = match step {
                Step::Skip => continue,
                Step::Own(own) => {
                    parts.push(Part::Own(own));
                    continue;
                }
                Step::Package(name) => (name.as_str(), true),
                Step::Unknown(file) => (file.as_str(), false),
            };
            match parts.last_mut() {
                Some(Part::Package(last, frames)) if !known || *last == name => {
                    *frames += 1;
                }
                _ => parts.push(Part::Package(name, 1)),
            }
        }
        parts
    }

    fn step(&self, frame: &FrameRef<'_>) -> Step {
        if frame.only_asks_for_memory() || is_start(frame) {
            return Step::Skip;
        }
        if (self.own)(frame.place) {
            return Step::Own(self.own_step(frame));
        }
        match self.packages.package(frame) {
            Some(name) if LIBRARY.contains(&name.as_str()) => Step::Skip,
            Some(name) => Step::Package(name),
            None => Step::Unknown(file_of(frame)),
        }
    }

    /// The key leaves the program's name out, so that a twin's functions meet.
    fn own_step(&self, frame: &FrameRef<'_>) -> OwnStep {
        let function = frame.name();
        let path = match function.split_once("::") {
            Some((first, rest)) if first == self.program => rest,
            _ => &function,
        };
        let place = match self.lines {
            Lines::Apart => frame.place,
            Lines::Together => frame.path(),
        };
        // A package's key has no space, so no function shares one with it.
        let key = format!("{path} {place}");
        let name = match frame.short() {
            // A closure whose function is not known.
            name if name.is_empty() => file_of(frame),
            name => name,
        };
        let (function, place) = (frame.function.to_owned(), frame.place.to_owned());
        OwnStep { key, what: What::Own { name, function, place } }
    }
}

/// What is in every stack and tells nothing.
const LIBRARY: &[&str] = &["alloc", "core", "std", "hashbrown"];

fn file_of(frame: &FrameRef<'_>) -> String {
    let file = frame.path().rsplit('/').next().unwrap_or_default();
    if file.is_empty() { "unknown".to_owned() } else { file.to_owned() }
}

/// Frames below which there is nothing but the system: they have no place.
fn is_start(frame: &FrameRef<'_>) -> bool {
    frame.function == "[root]" || (frame.place.is_empty() && frame.function == "???")
}
