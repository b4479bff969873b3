//! The twins' files side by side: what differs is marked, and a line that holds memory
//! says how much.

use super::Folder;
use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use maud::{Markup, html};
use similar::{DiffOp, TextDiff};
use std::collections::BTreeMap;
use std::ops::Range;

/// Equal lines that stay visible around a difference or a line that holds memory.
const CONTEXT: usize = 6;

/// Fewer equal lines than these are not worth a fold.
const FOLD_MIN: usize = 4;

/// Bytes per request by line.
type Held = BTreeMap<usize, f64>;

/// A line and its number.
type Line<'a> = (usize, &'a str);

/// What stands side by side: a line that both files have, or all lines of a difference.
enum Pair<'a> {
    Equal { left: Line<'a>, right: Line<'a> },
    Changed { left: Vec<Line<'a>>, right: Vec<Line<'a>> },
}

impl<'a> Pair<'a> {
    /// The lines of either side.
    fn sides(&self) -> [&[Line<'a>]; 2] {
        match self {
            Self::Equal { left, right } => {
                [std::slice::from_ref(left), std::slice::from_ref(right)]
            }
            Self::Changed { left, right } => [left, right],
        }
    }

    fn is_changed(&self) -> bool {
        matches!(self, Self::Changed { .. })
    }
}

/// Both files; a single one where they are the same.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let leaky = folder.source("leaky", &lesson.id);
    let fixed = folder.source("fixed", &lesson.id);
    let (Some(leaky), Some(fixed)) = (leaky, fixed) else {
        return html! {
            p class="none" { "The sources were not kept beside the comparison." }
        };
    };
    let held = |name: &str| lesson.twins.get(name).map(held).unwrap_or_default();
    let pairs = pairs(&leaky, &fixed);
    let changed = pairs.iter().any(Pair::is_changed);
    let held = [&held("leaky"), &held("fixed")];
    html! {
        details class="part source" open[changed] {
            summary {
                h3 { @if changed { "The twins' difference" } @else { "The source, the same in both twins" } }
            }
            @if changed {
                div class="twins" aria-hidden="true" { span class="leaky" { "leaky" } span class="fixed" { "fixed" } }
            }
            div class={ "code" @if !changed { " one" } } tabindex="0" role="region"
                aria-label={ "Source of " (lesson.id) } {
                @for stretch in stretches(&pairs, held) {
                    @if stretch.shown {
                        @for pair in stretch.pairs { (row(pair, held)) }
                    } @else {
                        details class="equal" {
                            summary { (stretch.pairs.len()) " equal lines" }
                            @for pair in stretch.pairs { (row(pair, held)) }
                        }
                    }
                }
            }
        }
    }
}

/// What each line of a twin holds.
fn held(twin: &TwinResult) -> Held {
    let mut held = Held::new();
    if twin.verdict.is_growth() {
        for site in &twin.sites {
            let frame = site.in_app_frame.as_deref();
            let line = frame.and_then(|frame| frame.rsplit_once(':'));
            if let Some(line) = line.and_then(|(_, line)| line.parse().ok()) {
                *held.entry(line).or_default() += site.bytes_per_request;
            }
        }
    }
    held
}

fn pairs<'a>(leaky: &'a str, fixed: &'a str) -> Vec<Pair<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (leaky.lines().collect(), fixed.lines().collect());
    let numbered = |lines: &[&'a str], range: Range<usize>| -> Vec<Line<'a>> {
        range.map(|at| (at + 1, lines[at])).collect()
    };
    let mut pairs = Vec::new();
    for operation in TextDiff::from_slices(&old, &new).ops() {
        let left = numbered(&old, operation.old_range());
        let right = numbered(&new, operation.new_range());
        if let DiffOp::Equal { .. } = operation {
            let both = left.into_iter().zip(right);
            pairs.extend(both.map(|(left, right)| Pair::Equal { left, right }));
        } else {
            pairs.push(Pair::Changed { left, right });
        }
    }
    pairs
}

/// Neighbours that are all shown or all folded.
struct Stretch<'a> {
    pairs: &'a [Pair<'a>],
    shown: bool,
}

/// Folds what is equal and far from anything of interest.
fn stretches<'a>(pairs: &'a [Pair<'a>], held: [&Held; 2]) -> Vec<Stretch<'a>> {
    let of_interest = |pair: &Pair<'_>| {
        let sides = pair.sides().into_iter().zip(held);
        let mut holds = sides.map(|(lines, held)| {
            lines.iter().any(|(number, _)| held.contains_key(number))
        });
        pair.is_changed() || holds.any(|holds| holds)
    };
    let of_interest: Vec<usize> =
        (0..pairs.len()).filter(|&n| of_interest(&pairs[n])).collect();
    let shown =
        |n: usize| of_interest.iter().any(|&other| other.abs_diff(n) <= CONTEXT);
    let mut stretches = Vec::new();
    let mut begin = 0;
    for n in 1..=pairs.len() {
        if n == pairs.len() || shown(n) != shown(begin) {
            stretches.push(Stretch { pairs: &pairs[begin..n], shown: shown(begin) });
            begin = n;
        }
    }
    // A single stretch that is folded would hide everything there is.
    let single = stretches.len() == 1;
    for stretch in &mut stretches {
        stretch.shown |= single || stretch.pairs.len() < FOLD_MIN;
    }
    stretches
}

fn row(pair: &Pair<'_>, held: [&Held; 2]) -> Markup {
    let [left, right] = pair.sides();
    html! {
        div class={ "row" @if pair.is_changed() { " changed" } } {
            (side(left, held[0], "old"))
            (side(right, held[1], "new"))
        }
    }
}

fn side(lines: &[Line<'_>], held: &Held, class: &str) -> Markup {
    html! {
        div class={ (class) @if lines.is_empty() { " void" } } {
            @for (number, text) in lines {
                p {
                    i { (number) }
                    @if text.trim_start().starts_with("//") {
                        code class="remark" { (text) }
                    } @else {
                        code { (text) }
                    }
                    @if let Some(bytes) = held.get(number) {
                        b class="held" { (figures::bytes(*bytes)) " B" }
                    }
                }
            }
        }
    }
}
