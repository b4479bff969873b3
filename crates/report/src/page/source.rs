//! The twins' files side by side: what differs is marked, and a line that holds memory
//! says how much.

use super::{Folder, part};
use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use maud::{Markup, html};
use similar::{DiffTag, TextDiff};
use std::collections::BTreeMap;

/// Equal lines that stay visible around a difference or a line that holds memory.
const CONTEXT: usize = 6;

/// Fewer equal lines than these are not worth a fold.
const FOLD_MIN: usize = 4;

/// Lines with their numbers.
type Lines<'a> = Vec<(usize, &'a str)>;

/// Bytes per request by line.
type Held = BTreeMap<usize, f64>;

/// What is side by side: one line that both files have, or all lines of a difference.
struct Row<'a> {
    changed: bool,
    sides: [Lines<'a>; 2],
}

/// Both files; a single one where they are the same.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let [leaky, fixed] =
        ["leaky", "fixed"].map(|twin| folder.source(twin, &lesson.id));
    let (Some(leaky), Some(fixed)) = (leaky, fixed) else {
        return html! {
            p class="none" { "The sources were not kept next to the comparison." }
        };
    };
    let rows = rows(&leaky, &fixed);
    let changed = rows.iter().any(|row| row.changed);
    let held = ["leaky", "fixed"]
        .map(|name| lesson.twins.get(name).map(held).unwrap_or_default());
    let code = html! {
        @if changed {
            div class="twins" aria-hidden="true" { span class="leaky" { "leaky" } span class="fixed" { "fixed" } }
        }
        div class={ "code" @if !changed { " one" } } tabindex="0" role="region"
            aria-label={ "Source of " (lesson.id) } {
            @for (shown, stretch) in stretches(&rows, &held) {
                @let lines = html! { @for row in stretch { (markup(row, &held)) } };
                @if shown { (lines) } @else {
                    details class="equal" {
                        summary { (stretch.len()) " equal lines" }
                        (lines)
                    }
                }
            }
        }
    };
    let title = match changed {
        true => "The difference between the twins",
        false => "The source, the same in both twins",
    };
    part("source", changed, title, &code)
}

/// What each line of a twin holds.
fn held(twin: &TwinResult) -> Held {
    let mut held = Held::new();
    for site in twin.sites.iter().filter(|_| twin.verdict.is_growth()) {
        let frame = site.in_app_frame.as_deref();
        let line = frame.and_then(|frame| frame.rsplit_once(':'));
        if let Some(line) = line.and_then(|(_, line)| line.parse().ok()) {
            *held.entry(line).or_default() += site.bytes_per_request;
        }
    }
    held
}

fn rows<'a>(leaky: &'a str, fixed: &'a str) -> Vec<Row<'a>> {
    let numbered =
        |text: &'a str| -> Lines<'a> { (1..).zip(text.lines()).collect() };
    let (old, new) = (numbered(leaky), numbered(fixed));
    let texts = |lines: &Lines<'a>| -> Vec<&'a str> {
        lines.iter().map(|(_, text)| *text).collect()
    };
    let mut rows = Vec::new();
    for operation in TextDiff::from_slices(&texts(&old), &texts(&new)).ops() {
        let (left, right) =
            (&old[operation.old_range()], &new[operation.new_range()]);
        if operation.tag() == DiffTag::Equal {
            let both = left.iter().zip(right);
            rows.extend(both.map(|(left, right)| Row {
                changed: false,
                sides: [vec![*left], vec![*right]],
            }));
        } else {
            rows.push(Row { changed: true, sides: [left.to_vec(), right.to_vec()] });
        }
    }
    rows
}

/// Neighbours that are all shown or all folded: equal lines are folded where they are
/// far from anything of interest.
fn stretches<'a>(
    rows: &'a [Row<'a>],
    held: &[Held; 2],
) -> Vec<(bool, &'a [Row<'a>])> {
    let holds = |row: &Row<'_>| {
        let mut sides = row.sides.iter().zip(held);
        sides.any(|(lines, held)| lines.iter().any(|(n, _)| held.contains_key(n)))
    };
    let matters: Vec<usize> =
        (0..rows.len()).filter(|&n| rows[n].changed || holds(&rows[n])).collect();
    let shown = |n: usize| {
        // Where nothing matters, a fold would hide the whole file.
        matters.is_empty() || matters.iter().any(|&at| at.abs_diff(n) <= CONTEXT)
    };
    let numbers: Vec<usize> = (0..rows.len()).collect();
    let stretches = numbers.chunk_by(|&one, &other| shown(one) == shown(other));
    let stretch = |numbers: &[usize]| {
        let first = numbers[0];
        let rows = &rows[first..first + numbers.len()];
        (shown(first) || rows.len() < FOLD_MIN, rows)
    };
    stretches.map(stretch).collect()
}

fn markup(row: &Row<'_>, held: &[Held; 2]) -> Markup {
    html! {
        div class={ "row" @if row.changed { " changed" } } {
            @for ((lines, held), class) in row.sides.iter().zip(held).zip(["old", "new"]) {
                div class={ (class) @if lines.is_empty() { " void" } } {
                    @for (number, text) in lines {
                        p {
                            i { (number) }
                            code class=[text.trim_start().starts_with("//").then_some("remark")] { (text) }
                            @if let Some(bytes) = held.get(number) {
                                b class="held" { (figures::bytes(*bytes)) " B" }
                            }
                        }
                    }
                }
            }
        }
    }
}
