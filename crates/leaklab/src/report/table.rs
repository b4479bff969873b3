//! The result as a table of 80 columns, and what to do next.

use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::report::figures::{bytes, power};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;
use std::path::Path;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Width of a twin's column.
const CELL: usize = 19;

/// The whole text, with styles that the printer may strip.
pub fn render(comparison: &Comparison, folder: &Path) -> String {
    let mut text = String::new();
    let head = format!(
        "{:<21}{:<19}{:<20}{:<20}",
        "LESSON", "GROWS WITH", "LEAKY", "FIXED"
    );
    line(&mut text, &format!("{BOLD}{}{BOLD:#}", head.trim_end()));
    for lesson in &comparison.lessons {
        lesson_lines(&mut text, lesson);
    }
    line(&mut text, "");
    summary(&mut text, comparison);
    next_steps(&mut text, comparison, folder);
    text
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

fn lesson_lines(text: &mut String, lesson: &LessonResult) {
    let cell =
        |twin: &str| lesson.twins.get(twin).map_or_else(|| padded("not run"), cell);
    let row = format!(
        "{:<21}{:<19}{} {}",
        lesson.id,
        lesson.law,
        cell("leaky"),
        cell("fixed").trim_end()
    );
    line(text, &row);
    if let Some(holder) = holder(lesson) {
        line(text, &format!("{DIM}{:21}{holder}{DIM:#}", ""));
    }
    for surprise in &lesson.surprises {
        line(text, &format!("{YELLOW}  ! {surprise}{YELLOW:#}"));
    }
}

fn padded(content: &str) -> String {
    format!("{content:<CELL$}")
}

/// `LEAKS  +1,420 B` or `GROWS  ~n^1.00`.
fn cell(result: &TwinResult) -> String {
    let style = match result.verdict {
        Verdict::Leaks | Verdict::Grows => RED,
        Verdict::Bounded | Verdict::Flat => GREEN,
        Verdict::Inconclusive => YELLOW,
    };
    let figure = match result.peak_exponent {
        Some(exponent) => format!("~n^{}", power(exponent)),
        None => format!("{} B", bytes(result.slope_bytes_per_request)),
    };
    let verdict = result.verdict.as_str();
    let gap = CELL.saturating_sub(verdict.len() + figure.len()).max(1);
    format!("{style}{verdict}{style:#}{:gap$}{figure}", "")
}

/// The line that holds the growth, where one does.
fn holder(lesson: &LessonResult) -> Option<String> {
    let leaky = lesson.twins.get("leaky")?;
    let site = leaky.sites.iter().find(|site| site.lesson_frame.is_some())?;
    let frame = site.lesson_frame.as_deref()?;
    match leaky.verdict {
        Verdict::Leaks => {
            Some(format!("held by {frame} ({:.0} %)", 100.0 * site.share))
        }
        Verdict::Grows => {
            let largest = leaky.peak_law.last()?;
            let peak = largest.peak_bytes as f64 / 1e6;
            Some(format!("{peak:.0} MB at {} items: {frame}", largest.size))
        }
        _ => None,
    }
}

fn summary(text: &mut String, comparison: &Comparison) {
    let limit = comparison
        .lessons
        .iter()
        .filter(|lesson| lesson.kind == "control")
        .flat_map(|lesson| lesson.twins.values())
        .map(|twin| twin.detection_limit_bytes_per_request)
        .fold(f64::NAN, f64::max);
    let surprises =
        comparison.lessons.iter().filter(|lesson| !lesson.as_expected).count();
    let compared =
        comparison.lessons.iter().all(|lesson| lesson.same_answers.is_some());
    let answers =
        if compared { ", and the twins' answers are the same" } else { "" };
    let verdict = match surprises {
        0 => format!("{GREEN}Every verdict is as expected{GREEN:#}{answers}."),
        1 => format!(
            "{YELLOW}One lesson is not as expected{YELLOW:#}; see the lines with !"
        ),
        n => format!(
            "{YELLOW}{n} lessons are not as expected{YELLOW:#}; see the lines with !"
        ),
    };
    line(text, &verdict);
    let _ = writeln!(
        text,
        "B: live heap bytes that each request leaves behind. ~n^e: the peak follows\n\
         the size of the input; 1 is in proportion, 0 is not at all."
    );
    if limit.is_finite() {
        let _ = writeln!(
            text,
            "A leak of less than {limit:.0} B a request would have gone unseen."
        );
    }
}

fn next_steps(text: &mut String, comparison: &Comparison, folder: &Path) {
    let lesson = comparison
        .lessons
        .iter()
        .find(|lesson| lesson.kind == "lesson")
        .or(comparison.lessons.first());
    let Some(lesson) = lesson else { return };
    let id = &lesson.id;
    line(text, "");
    line(text, &format!("{BOLD}Next{BOLD:#}"));
    line(
        text,
        &format!(
            "  see the leak       diff crates/{{leaky,fixed}}/src/lessons/{id}.rs"
        ),
    );
    line(text, &format!("  read about it      docs/lessons/{id}.md"));
    line(text, &format!("  run it alone       ./scripts/compare.sh {id}"));
    let folder = folder.display();
    line(text, &format!("  all figures        {folder}/comparison.json"));
    line(
        text,
        &format!(
            "  all call stacks    {folder}/profiles/, for valgrind's dh_view.html"
        ),
    );
}
