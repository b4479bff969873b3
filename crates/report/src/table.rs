//! The result as a table of 80 columns, and what to do next.

use crate::comparison::{Comparison, LessonResult, SiteResult, TwinResult, Verdict};
use crate::figures::{bytes, power};
use crate::plot;
use anstyle::{AnsiColor, Style};
use std::fmt::Write;
use std::path::Path;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// A fix that makes one call more in a hundred requests makes it on purpose.
const CALLS_COST: f64 = 1.01;

/// Both twins run side by side on the same cores as others, and medians of the same
/// work then scatter by up to a half (`benches/ratios.rs` measures them in turns).
const LATENCY_COST: f64 = 2.0;

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
        lesson.grows_with,
        cell("leaky"),
        cell("fixed").trim_end()
    );
    line(text, &row);
    let beside = holder(lesson).into_iter().chain(signs(lesson)).chain(cost(lesson));
    for note in beside {
        for row in textwrap(&note) {
            line(text, &format!("{DIM}{:21}{row}{DIM:#}", ""));
        }
    }
    for (name, result) in &lesson.failed_fixes {
        line(text, &format!("  {name:<38}{}", self::cell(result).trim_end()));
    }
    for shown in plot::burst(lesson) {
        line(text, &format!("{:21}{shown}", ""));
    }
    for surprise in &lesson.mismatches {
        line(text, &format!("{YELLOW}  ! {surprise}{YELLOW:#}"));
    }
}

/// Lines of at most so many letters as a note has room for, broken between words.
fn textwrap(note: &str) -> Vec<String> {
    const ROOM: usize = 80 - 21;
    let mut lines: Vec<String> = Vec::new();
    for word in note.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= ROOM => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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

/// The line that holds the growth, or the code that allocated it.
fn holder(lesson: &LessonResult) -> Option<String> {
    let leaky = lesson.twins.get("leaky")?;
    let named = |site: &&SiteResult| {
        site.in_app_frame.is_some() || site.expected_site.is_some()
    };
    let site = leaky.sites.iter().find(named)?;
    let place = match (&site.in_app_frame, &site.expected_site) {
        (Some(frame), _) => frame.clone(),
        (None, Some(expected_site)) => culprit_name(expected_site),
        (None, None) => return None,
    };
    let verb = if site.in_app_frame.is_some() { "held by" } else { "allocated by" };
    match leaky.verdict {
        Verdict::Leaks => {
            Some(format!("{verb} {place} ({:.0} %)", 100.0 * site.share))
        }
        Verdict::Grows => {
            let largest = leaky.peaks.last()?;
            let peak = largest.peak_bytes as f64 / 1e6;
            let scale = lesson.peak_scale.as_deref().unwrap_or("items");
            Some(format!("{peak:.0} MB at {} {scale}: {place}", largest.size))
        }
        _ => None,
    }
}

/// A function's path is longer than a line: `read_available of actix_http`.
pub fn culprit_name(expected_site: &str) -> String {
    match (expected_site.split_once("::"), expected_site.rsplit_once("::")) {
        (Some((package, _)), Some((_, name))) => format!("{name} of {package}"),
        _ => expected_site.to_owned(),
    }
}

/// What rises in `leaky` beside the heap.
fn signs(lesson: &LessonResult) -> Option<String> {
    let leaky = lesson.twins.get("leaky")?;
    let rising: Vec<_> = leaky
        .metrics
        .iter()
        .map(|sign| format!("{} {:+.1}", sign.name, sign.per_request))
        .collect();
    (!rising.is_empty()).then(|| format!("also: {}", rising.join(", ")))
}

/// What the fix costs, where that can be seen.
fn cost(lesson: &LessonResult) -> Option<String> {
    let cost = lesson.cost.as_ref().filter(|_| lesson.kind == "lesson")?;
    let mut costs = Vec::new();
    if let Some(calls) =
        cost.database_calls_ratio.filter(|ratio| *ratio > CALLS_COST)
    {
        costs.push(format!("{calls:.2} times the database calls"));
    }
    if let Some(latency) = cost.latency_ratio.filter(|ratio| *ratio > LATENCY_COST) {
        costs.push(format!("{latency:.1} times the median latency"));
    }
    (!costs.is_empty()).then(|| format!("the fix costs {}", costs.join(", ")))
}

fn summary(text: &mut String, comparison: &Comparison) {
    let limit = comparison
        .lessons
        .iter()
        .filter(|lesson| lesson.kind == "control")
        .flat_map(|lesson| lesson.twins.values())
        // What is judged by its peak has no limit of this kind.
        .filter(|twin| twin.peaks.is_empty())
        .map(|twin| twin.detection_limit_bytes_per_request)
        .fold(f64::NAN, f64::max);
    let mismatches =
        comparison.lessons.iter().filter(|lesson| !lesson.as_expected).count();
    let compared =
        comparison.lessons.iter().all(|lesson| lesson.same_answers == Some(true));
    let refusing =
        comparison.lessons.iter().all(|lesson| lesson.same_answers.is_some());
    let answers = match (compared, refusing) {
        (true, _) => ", and the twins' answers are the same",
        (false, true) => "; answers differ where a fix refuses work",
        (false, false) => "",
    };
    let verdict = match mismatches {
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
    line(text, &format!("  look at it         {folder}/report.html"));
    line(text, &format!("  all figures        {folder}/comparison.json"));
    line(
        text,
        &format!(
            "  all call stacks    {folder}/profiles/, for valgrind's dh_view.html"
        ),
    );
}
