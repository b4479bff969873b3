//! The twins' files side by side: what differs is marked, and a line that holds memory
//! says how much.

use super::folder::MARKS;
use super::{Folder, part, words};
use crate::comparison::{LessonResult, SiteGrowth};
use crate::figures;
use maud::{Markup, html};
use similar::{DiffTag, TextDiff};
use std::collections::BTreeMap;
use std::ops::Range;

/// Equal lines that stay visible around a difference or a line that holds memory.
const CONTEXT: usize = 6;

/// A smaller share of the growth is not worth a mark.
const SHARE_MARKED: f64 = 0.05;

/// Fewer equal lines than these are not worth a fold.
const FOLD_MIN: usize = 4;

/// A twin's file.
struct File<'a> {
    lines: Vec<&'a str>,
    /// Bytes per request, and their share of the growth, by line, of which the first
    /// is 0.
    held: BTreeMap<usize, (f64, f64)>,
}

/// What is side by side: one line that both files have, or all lines of a difference.
struct Row {
    changed: bool,
    sides: [Range<usize>; 2],
    /// The lines of each side that resemble one of the other, with their differences
    /// marked; the first line of the side has the number 0.
    marked: [BTreeMap<usize, Markup>; 2],
}

/// Both files; a single one where they are the same.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let sources = ["leaky", "fixed"].map(|twin| folder.source(twin, &lesson.id));
    let [Some(leaky), Some(fixed)] = &sources else {
        return html! {
            p class="none" { "The sources were not kept next to the comparison." }
        };
    };
    let file = |text, twin| {
        let twin = lesson.twins.get(twin);
        let growing = twin.filter(|twin| twin.verdict.is_growth());
        File::new(text, growing.into_iter().flat_map(|twin| &twin.sites))
    };
    let files = [file(leaky, "leaky"), file(fixed, "fixed")];
    let (code, changed) = code(&files, &lesson.id);
    let title = match changed {
        true => "The difference between the twins",
        false => "The source, the same in both twins",
    };
    part("source", changed, title, &code)
}

/// One file, in which these sites are.
pub(super) fn single<'a>(
    id: &str,
    name: &str,
    text: &'a str,
    sites: impl Iterator<Item = &'a SiteGrowth> + Clone,
) -> Markup {
    let files = [sites.clone(), sites].map(|sites| File::new(text, sites));
    part("source", true, name, &code(&files, &format!("{name}, {id}")).0)
}

/// Two files side by side, or one if they are the same, and whether they differ.
fn code(files: &[File<'_>; 2], name: &str) -> (Markup, bool) {
    let rows = rows(files);
    let changed = rows.iter().any(|row| row.changed);
    let code = html! {
        @if changed {
            div class="twins" { span class="leaky" { "leaky" } span class="fixed" { "fixed" } }
        }
        div class={ "code" @if !changed { " one" } } tabindex="0" role="region"
            aria-label={ "Source of " (name) } {
            @for (shown, stretch) in stretches(&rows, files) {
                @let lines = html! { @for row in stretch { (markup(row, files)) } };
                @if shown { (lines) } @else {
                    details class="equal" {
                        summary { (stretch.len()) @if changed { " equal" } " lines" }
                        (lines)
                    }
                }
            }
        }
    };
    (code, changed)
}

impl<'a> File<'a> {
    fn new<'s>(text: &'a str, sites: impl Iterator<Item = &'s SiteGrowth>) -> Self {
        let mut held = BTreeMap::new();
        for site in sites {
            let frame = site.in_app_frame.as_deref();
            let line =
                frame.and_then(|frame| frame.rsplit_once(':')?.1.parse().ok());
            if let Some(line) = line.and_then(|line: usize| line.checked_sub(1)) {
                let (bytes, share): &mut (f64, f64) = held.entry(line).or_default();
                *bytes += site.bytes_per_request;
                *share += site.share;
            }
        }
        held.retain(|_, (_, share)| *share >= SHARE_MARKED);
        Self { lines: text.lines().collect(), held }
    }
}

fn rows([old, new]: &[File<'_>; 2]) -> Vec<Row> {
    let mut rows = Vec::new();
    for operation in TextDiff::from_slices(&old.lines, &new.lines).ops() {
        let sides = [operation.old_range(), operation.new_range()];
        if operation.tag() != DiffTag::Equal {
            let lines = [&old.lines[sides[0].clone()], &new.lines[sides[1].clone()]];
            rows.push(Row { changed: true, sides, marked: words::marked(lines) });
            continue;
        }
        let [left, right] = sides;
        rows.extend(left.zip(right).map(|(left, right)| Row {
            changed: false,
            sides: [left..left + 1, right..right + 1],
            marked: Default::default(),
        }));
    }
    rows
}

/// Neighbours that are all shown or all folded: equal lines are folded where they are
/// far from anything of interest.
fn stretches<'a>(rows: &'a [Row], files: &[File<'_>; 2]) -> Vec<(bool, &'a [Row])> {
    let holds = |row: &Row| {
        let mut sides = row.sides.iter().zip(files);
        sides.any(|(lines, file)| file.held.range(lines.clone()).next().is_some())
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

fn line(n: usize, file: &File<'_>, marked: Option<&Markup>) -> Markup {
    let text = file.lines[n].trim_start();
    let indent = file.lines[n].len() - text.len();
    let fault = MARKS.iter().any(|mark| text.starts_with(mark));
    let class = match text.starts_with("//") {
        true if fault => Some("fault"),
        true => Some("remark"),
        false => None,
    };
    html! {
        p {
            i { (n + 1) }
            code class=[class] style={ "--i:" (indent) } {
                @if let Some(marked) = marked { (marked) } @else { (text) }
            }
            @if let Some((bytes, share)) = file.held.get(&n) {
                b class="held" { (figures::bytes(*bytes)) " B, " (figures::percent(*share)) }
            }
        }
    }
}

fn markup(row: &Row, files: &[File<'_>; 2]) -> Markup {
    html! {
        div class={ "row" @if row.changed { " changed" } } {
            @for (side, (class, twin)) in [("old", "leaky"), ("new", "fixed")].into_iter().enumerate() {
                @let lines = &row.sides[side];
                // By ear, an equal line is read once.
                @let twice = class == "new" && !row.changed;
                div class={ (class) @if lines.is_empty() { " void" } } aria-hidden=[twice.then_some("true")] {
                    @if row.changed && !lines.is_empty() { span class="sr" { "only in " (twin) ":" } }
                    @for n in lines.clone() {
                        (line(n, &files[side], row.marked[side].get(&(n - lines.start))))
                    }
                }
            }
        }
    }
}
