//! A lesson's chapter for a terminal, with the reader's own figures.

use crate::comparison::{Comparison, LessonResult, SiteGrowth, TwinResult};
use crate::figures::{self, bytes};
use crate::prose;
use crate::terminal::{BOLD, CYAN, DIM, GREEN, Lines, PLAIN, RED, Told, YELLOW};
use lessons::{Chapter, Lesson};
use similar::TextDiff;

/// The parts of a chapter that explain, before and after the figures. The chapter's own
/// measurement is left out, because the reader's figures replace it; so are guesses.
const BEFORE: &str = "The symptom";
const AFTER: [&str; 4] = [
    "Where the memory is held, and why",
    "What would leak instead",
    "The fix",
    "In your own service",
];

/// How a chapter's diff of the twins begins.
const DIFF: &str = "--- leaky/";

/// Sites shown of each service. Those after them weigh little.
const SITES: usize = 3;

/// A lesson's result, and where it comes from.
#[derive(Debug)]
pub struct Measured<'a> {
    /// The run.
    pub comparison: &'a Comparison,
    /// The lesson in it.
    pub lesson: &'a LessonResult,
    /// The file, as the user names it.
    pub from: &'a str,
}

/// A twin's file.
#[derive(Debug)]
pub struct Source {
    /// Twin, folder and file: `leaky/src/lessons/ID.rs`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// The whole text, with styles that the printer may strip.
pub fn text(
    chapter: &Chapter,
    lesson: &Lesson,
    measured: Option<&Measured<'_>>,
    sources: &[Option<Source>; 2],
    width: usize,
) -> String {
    let prose = writer(sources, width);
    let part = |title| Some(section(title, &prose(chapter.part(title)?)));
    let id = lesson.id;
    let mut parts = vec![prose(&format!("# {} ({id})", chapter.title))];
    parts.extend(chapter.part("").map(&prose));
    parts.extend(part(BEFORE));
    parts.push(section("What was measured", &figures(lesson, measured, width)));
    parts.extend(AFTER.into_iter().filter_map(part));
    parts.push(format!("{DIM}The whole chapter: docs/lessons/{id}.md{DIM:#}\n"));
    parts.join("\n")
}

/// Why a lesson leaks and what repairs it, in the words of its chapter and as the lines
/// that differ.
pub fn solution(
    chapter: &Chapter,
    sources: &[Option<Source>; 2],
    width: usize,
) -> String {
    let prose = writer(sources, width);
    let part = |title| Some(section(title, &prose(chapter.part(title)?)));
    let parts = [AFTER[0], AFTER[2]].into_iter().filter_map(part);
    let check = chapter.front.check.iter().map(|check| {
        let text = format!("{} {}", check.question, check.answer);
        section("Check yourself", &prose(&text))
    });
    parts.chain(check).collect::<Vec<_>>().join("\n")
}

fn section(title: &str, body: &str) -> String {
    format!("{BOLD}{title}{BOLD:#}\n\n{body}")
}

/// Writes Markdown for a terminal, with the diff of the reader's run in place of the
/// book's.
fn writer(sources: &[Option<Source>; 2], width: usize) -> impl Fn(&str) -> String {
    let diff = difference(sources);
    move |markdown| {
        let replace = |code: &str| code.starts_with(DIFF).then(|| diff.clone());
        prose::render(markdown, width, &replace)
    }
}

/// The reader's own figures, or how to get some.
fn figures(
    lesson: &Lesson,
    measured: Option<&Measured<'_>>,
    width: usize,
) -> String {
    let mut lines = Lines::new(width);
    let Some(Measured { comparison, lesson, from }) = measured else {
        lines.paragraph(
            "This lesson has not been measured yet. The following command measures it \
             in a few seconds; --from names a comparison.json elsewhere.",
        );
        lines.line(format_args!("\n    ./scripts/compare.sh {}", lesson.id));
        return lines.text;
    };
    let quick = if comparison.environment.quick { ", --quick" } else { "" };
    lines.paragraph(&format!(
        "From {from} (seed {}{quick}): bytes of live heap that each request adds. They \
         grow with: {}.",
        comparison.seed, lesson.grows_with
    ));
    for (name, result) in lesson.services() {
        service(&mut lines, name, result);
    }
    for mismatch in &lesson.mismatches {
        lines.filled(YELLOW, &format!("! {mismatch}"), "", "");
    }
    lines.text
}

fn service(lines: &mut Lines, name: &str, result: &TwinResult) {
    let (style, verdict) = (result.verdict.style(), result.verdict.word());
    lines.line(format_args!("\n{BOLD}{name}{BOLD:#} {style}{verdict}{style:#}"));
    let grows = result.verdict.is_growth();
    let sites =
        result.sites.iter().filter(|site| grows && site.share >= figures::SHARE_MIN);
    let sites = sites.take(SITES).map(|site| held(result, site));
    let metrics = result.metrics.iter().map(|metric| {
        format!("{}: {:+.1} per request", metric.name, metric.per_request)
    });
    for note in [figures::of(result)].into_iter().chain(sites).chain(metrics) {
        lines.filled(PLAIN, &note, "  ", "    ");
    }
}

/// Which line, how much, of what.
fn held(result: &TwinResult, site: &SiteGrowth) -> String {
    let what = match result.is_peak() {
        true => "B more at the peak of the second size",
        false => "B per request",
    };
    let through = site.expected_site.iter().map(|code| format!(", through {code}"));
    format!(
        "{}: {} {what}, {} of the growth{}",
        figures::place(site.place()),
        bytes(site.bytes_per_request),
        figures::percent(site.share),
        through.collect::<String>()
    )
}

/// The lines in which the twins differ, or why there are none.
fn difference(sources: &[Option<Source>; 2]) -> String {
    let [Some(leaky), Some(fixed)] = sources else {
        return "The twins' sources are not here; run this in the repository, or next \
                to a comparison that has them in sources/."
            .to_owned();
    };
    let diff = TextDiff::from_lines(&leaky.text, &fixed.text);
    let diff = diff.unified_diff().header(&leaky.name, &fixed.name).to_string();
    if diff.is_empty() {
        return "Both twins are the same here.".to_owned();
    }
    let mut lines = Lines::new(usize::MAX);
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            _ if line.starts_with("---") || line.starts_with("+++") => BOLD,
            Some(b'-') => RED,
            Some(b'+') => GREEN,
            Some(b'@') => CYAN,
            _ => PLAIN,
        };
        lines.line(format_args!("{style}{line}{style:#}"));
    }
    lines.text
}
