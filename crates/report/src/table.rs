//! The result as a table of 80 columns, and what to do next.

use crate::comparison::{Comparison, GrowthKind, LessonResult, TwinResult, Verdict};
use crate::figures;
use crate::terminal::{BOLD, DIM, GREEN, Lines, Told, WIDTH, YELLOW};

/// Where notes begin: behind the lesson's id.
const NOTE: usize = 21;

/// Width of a twin's column.
const CELL: usize = 19;

/// From nothing to the largest value.
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The result and what to do next, with styles that the printer may strip.
pub fn render(comparison: &Comparison, folder: &str) -> String {
    result(comparison) + &next_steps(comparison, folder).unwrap_or_default()
}

/// The table and what it says.
pub fn result(comparison: &Comparison) -> String {
    let mut lines = Lines::new(WIDTH);
    lines.line(format_args!(
        "{BOLD}{:<NOTE$}{:<19}{:<20}FIXED{BOLD:#}",
        "LESSON", "GROWS WITH", "LEAKY"
    ));
    for lesson in &comparison.lessons {
        rows(&mut lines, lesson);
    }
    summary(&mut lines, comparison);
    lines.text
}

fn rows(lines: &mut Lines, lesson: &LessonResult) {
    let of = |twin: &str| match lesson.twins.get(twin) {
        Some(result) => cell(result),
        None => format!("{:<CELL$}", "not run"),
    };
    let (id, grows_with) = (&lesson.id, &lesson.grows_with);
    let (leaky, fixed) = (of("leaky"), of("fixed"));
    lines.line(format_args!("{id:<NOTE$}{grows_with:<19}{leaky} {fixed}"));
    let indent = " ".repeat(NOTE);
    let notes =
        [holder(lesson), metrics(lesson), cost(lesson), circumstances(lesson)];
    for note in notes.iter().flatten() {
        lines.filled(DIM, note, &indent, &indent);
    }
    for (name, result) in &lesson.failed_fixes {
        lines.line(format_args!("  {name:<38}{}", cell(result)));
    }
    for line in burst(lesson) {
        lines.line(indent.clone() + &line);
    }
    for mismatch in &lesson.mismatches {
        lines.filled(YELLOW, &format!("! {mismatch}"), "  ", "    ");
    }
}

/// `LEAKS  +1,420 B` or `GROWS  ~n^1.00`.
fn cell(result: &TwinResult) -> String {
    let (style, verdict) = (result.verdict.style(), result.verdict.word());
    let figure = figures::short(result);
    let gap = CELL.saturating_sub(verdict.len() + figure.len()).max(1);
    format!("{style}{verdict}{style:#}{:gap$}{figure}", "")
}

/// The line that holds the growth, or the code that allocated it.
fn holder(lesson: &LessonResult) -> Option<String> {
    let (leaky, site) = lesson.leak()?;
    let place = figures::holder(site)?;
    if let Some(largest) = leaky.peaks.last() {
        let peak = figures::memory(largest.peak_bytes);
        let scale = lesson.peak_scale.as_deref().unwrap_or("items");
        return Some(format!("{peak} at {} {scale}: {place}", largest.size));
    }
    let verb = if site.in_app_frame.is_some() { "held by" } else { "allocated by" };
    Some(format!("{verb} {place} ({})", figures::percent(site.share)))
}

/// What rises in `leaky` beside the heap.
fn metrics(lesson: &LessonResult) -> Option<String> {
    let metrics = lesson.twins.get("leaky")?.metrics.iter();
    let rising: Vec<_> = metrics
        .map(|metric| format!("{} {:+.1}", metric.name, metric.per_request))
        .collect();
    (!rising.is_empty()).then(|| format!("also: {}", rising.join(", ")))
}

/// What the fix costs, where that can be seen.
fn cost(lesson: &LessonResult) -> Option<String> {
    let costs = figures::costs(lesson);
    (!costs.is_empty()).then(|| format!("the fix costs {}", costs.join(", ")))
}

/// Which services had to be measured again, and what was sent again.
fn circumstances(lesson: &LessonResult) -> Option<String> {
    let of = |(name, result): (&str, &TwinResult)| {
        result.circumstances().map(|how| format!("{name}: {how}"))
    };
    let all: Vec<_> = lesson.services().filter_map(of).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Live and resident bytes of both twins, as bars on one scale; for bursts only.
fn burst(lesson: &LessonResult) -> Vec<String> {
    if lesson.growth != GrowthKind::Burst {
        return Vec::new();
    }
    let resident = |twin: &TwinResult| -> Vec<u64> {
        twin.resident_bytes.iter().map(|bytes| bytes.unwrap_or(0)).collect()
    };
    let all = lesson.both().flat_map(|(_, twin)| resident(twin));
    let highest = all.max().unwrap_or(0);
    let row = |title: String, values: &[u64]| {
        let last = values.last().copied().unwrap_or(0) as f64 / 1e6;
        format!("{title:<16}{}{last:>7.1} MB", bars(values, highest))
    };
    let rows = lesson.both().flat_map(|(name, twin)| {
        let live = row(format!("{name} live"), &twin.live_bytes);
        [live, row("      resident".to_owned(), &resident(twin))]
    });
    rows.collect()
}

/// A bar for each value, of `highest` at most.
fn bars(values: &[u64], highest: u64) -> String {
    let top = LEVELS.len() as u64 - 1;
    let level =
        |value: &u64| (value * top).div_ceil(highest.max(1)).min(top) as usize;
    values.iter().map(|value| LEVELS[level(value)]).collect()
}

fn summary(lines: &mut Lines, comparison: &Comparison) {
    let lessons = &comparison.lessons;
    let same = lessons.iter().all(|lesson| lesson.same_answers == Some(true));
    let compared = lessons.iter().all(|lesson| lesson.same_answers.is_some());
    let responses = match (same, compared) {
        (true, _) => ", and both twins gave the same responses",
        (false, true) => "; responses differ where a fix rejects requests",
        (false, false) => "",
    };
    let verdict = match comparison.unexpected().count() {
        0 => format!("{GREEN}Every verdict is as expected{GREEN:#}{responses}."),
        1 => format!("{YELLOW}One lesson is not as expected{YELLOW:#}; see the !"),
        n => format!("{YELLOW}{n} lessons are not as expected{YELLOW:#}; see the !"),
    };
    lines.line(format_args!("\n{verdict}"));
    if lessons.iter().any(repaired) {
        lines.line("If you have repaired leaky: it no longer grows.");
    }
    if let Some(pressure) = comparison.pressure() {
        lines.paragraph(&pressure);
    }
    lines.paragraph(figures::UNITS);
    let controls = lessons.iter().filter(|lesson| lesson.kind == "control");
    let limit = controls
        .flat_map(|lesson| lesson.twins.values())
        // A verdict from peaks has no limit of this kind.
        .filter(|twin| !twin.is_peak())
        .map(|twin| twin.detection_limit_bytes_per_request)
        .fold(f64::NAN, f64::max);
    if limit.is_finite() {
        lines.line(format_args!("Detection limit: {limit:.0} B per request."));
    }
}

/// Whether `leaky` does not grow, although the lesson expects it to.
fn repaired(lesson: &LessonResult) -> bool {
    let still = |twin: &TwinResult| twin.verdict == Verdict::Bounded;
    lesson.kind == "lesson"
        && lesson.growth != GrowthKind::Burst
        && lesson.twins.get("leaky").is_some_and(still)
}

fn next_steps(comparison: &Comparison, folder: &str) -> Option<String> {
    let lessons = &comparison.lessons;
    let first = lessons.iter().find(|lesson| lesson.kind == "lesson");
    let LessonResult { id, .. } = first.or(lessons.first())?;
    let source = match first {
        Some(_) => format!(
            "see the leak       diff crates/{{leaky,fixed}}/src/lessons/{id}.rs"
        ),
        None => format!("see the code       crates/controls/src/lessons/{id}.rs"),
    };
    Some(format!(
        "\n{BOLD}Next{BOLD:#}
  {source}
  read about it      target/debug/leaklab explain {id}
  run it alone       ./scripts/compare.sh {id}
  open the report    {folder}/report.html
  all figures        {folder}/comparison.json
  all call stacks    {folder}/profiles/, for valgrind's dh_view.html
"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::comparison;

    #[test]
    fn the_highest_value_is_a_full_bar_and_none_is_the_lowest() {
        assert_eq!(bars(&[0, 50, 100], 100), "▁▅█");
        assert_eq!(bars(&[0, 0], 0), "▁▁");
    }

    #[test]
    fn every_line_fits_a_terminal_and_says_what_differs() {
        let mut comparison = comparison();
        let lesson = &mut comparison.lessons[0];
        lesson.growth = GrowthKind::Burst;
        let long = format!("leaky is odd{}", ", and one clause more".repeat(5));
        lesson.mismatches = vec![long];
        lesson.as_expected = false;
        lesson.twins.get_mut("leaky").unwrap().attempts = 2;
        let text = render(&comparison, "target/leaklab");
        let text = anstream::adapter::strip_str(&text).to_string();
        for line in text.lines() {
            assert!(
                line.chars().count() <= WIDTH && line.trim_end() == line,
                "{line}"
            );
        }
        for part in [
            "  ! leaky is odd",
            "leaky: 2 attempts",
            "leaky live",
            "allocated by actix_http",
            "also: subscribers +1.0",
            "One lesson is not as expected",
        ] {
            assert!(text.contains(part), "no '{part}' in {text}");
        }
    }

    #[test]
    fn attempts_and_pressure_are_wherever_a_verdict_is() {
        let mut comparison = comparison();
        let leaky = comparison.lessons[0].twins.get_mut("leaky").unwrap();
        leaky.attempts = 2;
        leaky.pressure.other_cpu_share = Some(0.5);
        leaky.pressure.repeated = vec!["round 3 (504 for GET /)".to_owned()];
        let folder = ".";
        let page = crate::page::render(&crate::page::Folder::new(
            std::path::Path::new(folder),
            &comparison,
        ));
        let table = render(&comparison, folder);
        for shown in [table, page, crate::markdown::summary(&comparison)] {
            let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [
                "2 attempts, sent again: round 3 (504 for GET /)",
                "Measured under pressure: other programs used 50 % of the processor",
            ] {
                assert!(words.contains(part), "no '{part}' in {words}");
            }
        }
    }

    #[test]
    fn a_repaired_lesson_is_called_that() {
        let mut comparison = comparison();
        let leaky = comparison.lessons[0].twins.get_mut("leaky").unwrap();
        leaky.verdict = Verdict::Bounded;
        let text = render(&comparison, ".");
        assert!(text.contains("it no longer grows"), "{text}");
    }
}
