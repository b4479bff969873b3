//! A lesson's story for a terminal: what the chapter explains, with the reader's own
//! figures in the place of the book's.

use crate::comparison::{Comparison, LessonResult, SiteResult, TwinResult, Verdict};
use crate::figures::{self, bytes};
use crate::prose;
use crate::stories::part;
use crate::wrap::wrapped;
use anstyle::{AnsiColor, Style};
use lessons::Lesson;
use similar::TextDiff;
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The parts of a chapter that explain, in their order. What the book measured is left
/// out, because the reader's own figures stand there; so are guesses, which are for
/// those who read at leisure.
const BEFORE: &str = "The symptom";
const AFTER: [&str; 4] = [
    "Where the memory is held, and why",
    "What would leak instead",
    "The fix",
    "In your own service",
];

/// Sites that are shown of each service. Those behind them weigh little.
const SITES: usize = 3;

/// A lesson's result, and where it is from.
#[derive(Debug)]
pub struct Measured<'a> {
    /// The run.
    pub comparison: &'a Comparison,
    /// The lesson in it.
    pub lesson: &'a LessonResult,
    /// The file, as people name it.
    pub from: &'a str,
}

/// A twin's file.
#[derive(Debug)]
pub struct Source {
    /// `leaky/src/lessons/l09_call_budget.rs`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// The whole story, with styles that the printer may strip.
pub fn text(
    chapter: &str,
    lesson: &Lesson,
    measured: Option<&Measured<'_>>,
    sources: &[Option<Source>; 2],
    width: usize,
) -> String {
    let diff = difference(sources);
    // What the book includes from files of its own is here from the reader's run.
    let replace = |code: &str| match code.starts_with("{{#include") {
        true if code.contains("../diffs/") => Some(diff.clone()),
        true => Some(String::new()),
        false => None,
    };
    let prose = |markdown: &str| prose::render(markdown, width, &replace);
    let title = chapter.lines().next().unwrap_or(lesson.id);
    let mut text = prose(title);
    if let Some(introduction) = part(chapter, "") {
        let _ = write!(text, "\n{}", prose(introduction));
    }
    let section = |text: &mut String, title: &str, body: &str| {
        let _ = write!(text, "\n{BOLD}{title}{BOLD:#}\n\n{body}");
    };
    if let Some(symptom) = part(chapter, BEFORE) {
        section(&mut text, BEFORE, &prose(symptom));
    }
    section(&mut text, "What was measured", &figures(lesson, measured, width));
    for title in AFTER {
        if let Some(body) = part(chapter, title) {
            section(&mut text, title, &prose(body));
        }
    }
    let _ = writeln!(
        text,
        "\n{DIM}The whole chapter: docs/lessons/{}.md{DIM:#}",
        lesson.id
    );
    text
}

/// The reader's own figures, or the way to some.
fn figures(
    lesson: &Lesson,
    measured: Option<&Measured<'_>>,
    width: usize,
) -> String {
    let id = lesson.id;
    let paragraph = |text: &str| wrapped(text, width).join("\n") + "\n";
    let Some(Measured { comparison, lesson, from }) = measured else {
        let none = paragraph(
            "There are no figures of this lesson yet. This measures it in some \
             seconds; --from names a comparison.json elsewhere:",
        );
        return format!("{none}\n    ./scripts/compare.sh {id}\n");
    };
    let quick = if comparison.environment.quick { ", a quick look" } else { "" };
    let mut text = paragraph(&format!(
        "From {from} (seed {}{quick}), bytes of live heap that each request leaves \
         behind; it grows with: {}.",
        comparison.seed, lesson.grows_with
    ));
    for (name, result) in lesson.twins.iter().rev().chain(&lesson.failed_fixes) {
        text.push('\n');
        service(&mut text, name, result, width);
    }
    for surprise in &lesson.mismatches {
        let yellow = AnsiColor::Yellow.on_default();
        for line in wrapped(&format!("! {surprise}"), width) {
            let _ = writeln!(text, "{yellow}{line}{yellow:#}");
        }
    }
    text
}

fn service(text: &mut String, name: &str, result: &TwinResult, width: usize) {
    let grows = matches!(result.verdict, Verdict::Leaks | Verdict::Grows);
    let style = match result.verdict {
        Verdict::Inconclusive => AnsiColor::Yellow.on_default(),
        _ if grows => AnsiColor::Red.on_default(),
        _ => AnsiColor::Green.on_default(),
    };
    let verdict = result.verdict.as_str();
    let _ = writeln!(text, "{BOLD}{name}{BOLD:#} {style}{verdict}{style:#}");
    let mut lines = indented(&figures::of(result), width);
    let sites =
        result.sites.iter().filter(|site| grows && site.share >= figures::SHARE_MIN);
    for site in sites.take(SITES) {
        lines.extend(indented(&held(result, site), width));
    }
    for sign in &result.metrics {
        let sign = format!("{}: {:+.1} a request", sign.name, sign.per_request);
        lines.extend(indented(&sign, width));
    }
    lines.iter().for_each(|line| {
        let _ = writeln!(text, "{line}");
    });
}

/// The first line stands two columns to the right, all others four.
fn indented(text: &str, width: usize) -> Vec<String> {
    let lines = wrapped(text, width.saturating_sub(4)).into_iter().enumerate();
    let margin = |n: usize| if n == 0 { "  " } else { "    " };
    lines.map(|(n, line)| format!("{}{line}", margin(n))).collect()
}

/// Which line, how much, of what.
fn held(result: &TwinResult, site: &SiteResult) -> String {
    let what = match result.peaks.is_empty() {
        true => "B a request",
        false => "B more at the peak of the second size",
    };
    let through = site.expected_site.iter().map(|code| format!(", through {code}"));
    format!(
        "{}: {} {what}, {:.0} % of what grows{}",
        figures::place(site.place()),
        bytes(site.bytes_per_request),
        100.0 * site.share,
        through.collect::<String>()
    )
}

/// The lines in which the twins differ, or why there are none.
fn difference(sources: &[Option<Source>; 2]) -> String {
    let [Some(leaky), Some(fixed)] = sources else {
        return "The twins' files are not here; run this in the repository, or beside \
                a comparison that has them in sources/."
            .to_owned();
    };
    let diff = TextDiff::from_lines(&leaky.text, &fixed.text);
    let diff = diff.unified_diff().header(&leaky.name, &fixed.name).to_string();
    if diff.is_empty() {
        return "Both twins are the same here.".to_owned();
    }
    diff.lines().map(coloured).collect()
}

fn coloured(line: &str) -> String {
    let style = match line.as_bytes().first() {
        _ if line.starts_with("---") || line.starts_with("+++") => BOLD,
        Some(b'-') => AnsiColor::Red.on_default(),
        Some(b'+') => AnsiColor::Green.on_default(),
        Some(b'@') => AnsiColor::Cyan.on_default(),
        _ => return format!("{line}\n"),
    };
    format!("{style}{line}{style:#}\n")
}
