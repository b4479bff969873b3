//! The twins' files side by side: what differs is marked, and a line that holds memory
//! says how much.

use super::Folder;
use crate::comparison::{LessonResult, TwinResult};
use crate::report::figures;
use maud::{Markup, html};
use similar::{DiffOp, TextDiff};
use std::collections::BTreeMap;

/// Equal lines that stay visible around a difference or a line that holds memory.
const CONTEXT: usize = 6;

/// Fewer equal lines than these are not worth a fold.
const FOLD_MIN: usize = 4;

/// Bytes per request by line.
type Held = BTreeMap<usize, f64>;

/// A line of each file; of one only, where it has no counterpart.
struct Row<'a> {
    left: Option<(usize, &'a str)>,
    right: Option<(usize, &'a str)>,
    changed: bool,
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
    let rows = rows(&leaky, &fixed);
    let changed = rows.iter().filter(|row| row.changed).count();
    let (left, right) = (held("leaky"), held("fixed"));
    html! {
        details class="part source" open[changed > 0] {
            summary {
                h3 { @if changed > 0 { "The twins' difference" } @else { "The source, the same in both twins" } }
            }
            @if changed > 0 {
                div class="twins" aria-hidden="true" { span class="leaky" { "leaky" } span class="fixed" { "fixed" } }
            }
            div class={ "code" @if changed == 0 { " one" } } tabindex="0" role="region"
                aria-label={ "Source of " (lesson.id) } {
                @for stretch in stretches(&rows, &left, &right) {
                    @if stretch.shown {
                        @for row in stretch.rows { (line(row, &left, &right)) }
                    } @else {
                        details class="equal" {
                            summary { (stretch.rows.len()) " equal lines" }
                            @for row in stretch.rows { (line(row, &left, &right)) }
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
            let frame = site.lesson_frame.as_deref();
            let line = frame.and_then(|frame| frame.rsplit_once(':'));
            if let Some(line) = line.and_then(|(_, line)| line.parse().ok()) {
                *held.entry(line).or_default() += site.bytes_per_request;
            }
        }
    }
    held
}

fn rows<'a>(leaky: &'a str, fixed: &'a str) -> Vec<Row<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (leaky.lines().collect(), fixed.lines().collect());
    let mut rows = Vec::new();
    for operation in TextDiff::from_slices(&old, &new).ops() {
        let (left, right) = (operation.old_range(), operation.new_range());
        let changed = !matches!(operation, DiffOp::Equal { .. });
        for n in 0..left.len().max(right.len()) {
            let of = |range: &std::ops::Range<usize>, text: &[&'a str]| {
                (n < range.len())
                    .then(|| (range.start + n + 1, text[range.start + n]))
            };
            rows.push(Row {
                left: of(&left, &old),
                right: of(&right, &new),
                changed,
            });
        }
    }
    rows
}

/// Neighbouring rows that are all shown or all folded.
struct Stretch<'a> {
    rows: &'a [Row<'a>],
    shown: bool,
}

/// Folds what is equal and far from anything of interest.
fn stretches<'a>(
    rows: &'a [Row<'a>],
    left: &Held,
    right: &Held,
) -> Vec<Stretch<'a>> {
    let holds = |side: Option<(usize, &str)>, held: &Held| {
        side.is_some_and(|(number, _)| held.contains_key(&number))
    };
    let of_interest: Vec<usize> = (0..rows.len())
        .filter(|&n| {
            let row = &rows[n];
            row.changed || holds(row.left, left) || holds(row.right, right)
        })
        .collect();
    let shown =
        |n: usize| of_interest.iter().any(|&other| other.abs_diff(n) <= CONTEXT);
    let mut stretches = Vec::new();
    let mut begin = 0;
    for n in 1..=rows.len() {
        if n == rows.len() || shown(n) != shown(begin) {
            stretches.push(Stretch { rows: &rows[begin..n], shown: shown(begin) });
            begin = n;
        }
    }
    // A single stretch that is folded would hide everything there is.
    let single = stretches.len() == 1;
    for stretch in &mut stretches {
        stretch.shown |= single || stretch.rows.len() < FOLD_MIN;
    }
    stretches
}

fn line(row: &Row<'_>, left: &Held, right: &Held) -> Markup {
    html! {
        div class={ "row" @if row.changed { " changed" } } {
            (side(row.left, left, "old"))
            (side(row.right, right, "new"))
        }
    }
}

fn side(content: Option<(usize, &str)>, held: &Held, class: &str) -> Markup {
    let Some((number, text)) = content else {
        return html! { div class={ (class) " void" } {} };
    };
    let remark = text.trim_start().starts_with("//");
    html! {
        div class=(class) {
            i { (number) }
            @if remark { code class="remark" { (text) } } @else { code { (text) } }
            @if let Some(bytes) = held.get(&number) {
                b class="held" { (figures::bytes(*bytes)) " B" }
            }
        }
    }
}
