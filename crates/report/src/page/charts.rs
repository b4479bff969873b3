//! What the charts of a lesson show: the peak, live bytes, resident bytes, and the
//! numbers beside the heap.

use super::capital;
use super::chart::{self, Chart, Line};
use crate::axis::bytes;
use crate::comparison::{GrowthKind, LessonResult, TwinResult, Verdict};
use crate::figures::{self, grouped, power};
use maud::Markup;
use std::collections::{BTreeMap, BTreeSet};

/// A metric that changes less per request is flat: connection pools open and close a few
/// by chance.
const CHANGE_MIN: f64 = 0.1;

/// The limit of open files that most systems set for a process.
const OPEN_FILES_MAX: f64 = 1_024.0;

/// The charts of a lesson: those that decide or grow, and the flat ones.
pub(super) fn charts(lesson: &LessonResult) -> (Vec<Chart>, Vec<Chart>) {
    let series = lesson.twins.values().flat_map(|twin| series(twin).into_keys());
    let names: BTreeSet<String> = series.collect();
    let metrics = names.iter().map(|name| metric(lesson, name));
    let metrics = metrics.filter(|chart| !chart.flat);
    let first = [peak(lesson), live(lesson), resident(lesson)];
    let drawn = first.into_iter().chain(metrics).filter(Chart::has_lines);
    let mut first = true;
    drawn.partition(|chart| std::mem::take(&mut first) || !chart.flat)
}

/// The line of each twin that has one.
fn lines<'a>(
    lesson: &'a LessonResult,
    mut line: impl FnMut(&'a TwinResult) -> Option<Line>,
) -> Vec<Line> {
    let of = |(name, twin)| {
        let [name, class] = [String::from(name), String::from(name)];
        Some(Line { name, class, ..line(twin)? })
    };
    lesson.both().filter_map(of).collect()
}

/// A chart over the requests of the rounds.
fn over_rounds(title: &str, note: &str, y: &str, lines: Vec<Line>) -> Chart {
    Chart {
        title: title.to_owned(),
        note: note.to_owned(),
        x: "requests".to_owned(),
        y: y.to_owned(),
        lines,
        ..Chart::default()
    }
}

/// Peaks, each with what would be in proportion to the first of them.
fn peak(lesson: &LessonResult) -> Chart {
    let scale = lesson.peak_scale.as_deref().unwrap_or_default();
    let lines = lines(lesson, |twin| {
        let peaks = twin.peaks.iter();
        let points: Vec<_> =
            peaks.map(|at| (at.size as f64, at.peak_bytes as f64)).collect();
        let proportion = points.first().map(|(size, bytes)| bytes / size);
        Some(Line {
            figure: format!("peak ~ ({scale})^{}", power(twin.peak_exponent?)),
            points,
            slope: proportion.map(|slope| [slope; 3]),
            ..Line::default()
        })
    });
    let note = "The dashed lines are in proportion to the size.";
    let title = format!("Peak of live bytes by {scale}");
    let chart = over_rounds(&title, note, "peak", lines);
    Chart { x: scale.to_owned(), bytes: true, ..chart }
}

/// Live bytes since the first reading, with slope, interval and detection limit.
fn live(lesson: &LessonResult) -> Chart {
    let lines = lines(lesson, |twin| {
        let (slope, each) = (twin.slope_bytes_per_request, twin.requests_per_round);
        Some(growth_line(&twin.live_bytes, each, slope, twin.ci95))
    });
    let limits = lesson.twins.values();
    let limits = limits.map(|twin| twin.detection_limit_bytes_per_request);
    let grows = lesson.twins.values().any(|twin| twin.verdict == Verdict::Leaks);
    let chart = live_bytes("Live bytes", lines, limits.fold(0.0, f64::max));
    Chart { flat: !grows, ..chart }
}

/// A chart of growth, with its detection limit.
pub(super) fn live_bytes(what: &str, lines: Vec<Line>, limit: f64) -> Chart {
    let note = "Growth within the grey band cannot be told from noise.";
    let title = format!("{what} since the first reading");
    let chart = over_rounds(&title, note, &what.to_lowercase(), lines);
    Chart { bytes: true, noise: limit, ..chart }
}

/// Its line: readings after rounds of `each` requests, and the slope.
pub(super) fn growth_line(
    readings: &[u64],
    each: u64,
    slope: f64,
    ci95: [f64; 2],
) -> Line {
    Line {
        figure: figures::slope(slope, ci95),
        points: over_requests(each, 0, growth(readings)),
        slope: Some([ci95[0], slope, ci95[1]]),
        ..Line::default()
    }
}

/// What the system gave the process.
fn resident(lesson: &LessonResult) -> Chart {
    let lines = lines(lesson, |twin| {
        let values = known(&twin.resident_bytes)?;
        let figure = match (twin.resident_before_bytes, values.last()) {
            (Some(before), Some(&last)) => format!(
                "{} before the first request, {} at the end",
                bytes(before as f64),
                bytes(last)
            ),
            _ => String::new(),
        };
        let points = over_requests(twin.requests_per_round, 1, values);
        Some(Line { figure, points, ..Line::default() })
    });
    let note = "What the system gave the process.";
    let chart = over_rounds("Resident bytes", note, "resident bytes", lines);
    let grows = lesson.twins.values().any(|twin| twin.verdict.is_growth());
    let flat = !grows && lesson.growth != GrowthKind::Burst;
    Chart { bytes: true, flat, ..chart }
}

/// A number beside the heap. It is flat if it neither grows nor differs between twins.
fn metric(lesson: &LessonResult, name: &str) -> Chart {
    let mut rises = Vec::new();
    let lines = lines(lesson, |twin| {
        let points =
            over_requests(twin.requests_per_round, 1, series(twin).remove(name)?);
        let judged = twin.metrics.iter().find(|metric| metric.name == name);
        let (first, last) = (points.first()?, points.last()?);
        let rise = (last.1 - first.1) / (last.0 - first.0).max(1.0);
        let rise = judged.map_or(rise, |metric| metric.per_request);
        rises.push(rise);
        let full = (name == "open files" && rise >= CHANGE_MIN).then(|| {
            let requests = grouped((OPEN_FILES_MAX - first.1) / rise);
            format!("; a limit of 1,024 is met after {requests} requests")
        });
        let full = full.unwrap_or_default();
        let figure = format!("{rise:+.2} per request{full}");
        Some(Line { figure, points, ..Line::default() })
    });
    let title = capital(name.to_owned());
    let chart = over_rounds(&title, "Read after each round.", name, lines);
    let change = match rises[..] {
        [leaky, fixed] => leaky - fixed,
        _ => rises.first().copied().unwrap_or_default(),
    };
    Chart { flat: change.abs() < CHANGE_MIN, ..chart }
}

/// Live bytes over the rounds, or peaks over the sizes, in the space of a word.
pub(super) fn spark(lesson: &LessonResult) -> Markup {
    let values = |twin: &TwinResult| match twin.is_peak() {
        true => twin.peaks.iter().map(|peak| peak.peak_bytes as f64).collect(),
        false => growth(&twin.live_bytes),
    };
    // Three times the noise, so that noise looks as small as it is.
    let noise = |twin: &TwinResult| {
        let requests = twin.requests_per_round as f64 * twin.live_bytes.len() as f64;
        let limit = twin.detection_limit_bytes_per_request;
        if twin.is_peak() { 0.0 } else { 3.0 * limit * requests }
    };
    let lines: Vec<_> =
        lesson.both().map(|(name, twin)| (name, values(twin))).collect();
    let least = lesson.twins.values().map(noise).fold(1.0, f64::max);
    let of = if lesson.peak_scale.is_some() { "peak by size" } else { "live bytes" };
    chart::spark(&format!("{of} of both twins, {}", lesson.id), &lines, least)
}

/// Readings since the first of them.
pub(super) fn growth(readings: &[u64]) -> Vec<f64> {
    let first = readings.first().copied().unwrap_or(0) as f64;
    readings.iter().map(|&bytes| bytes as f64 - first).collect()
}

/// Values after each round of `each` requests; the first round has the number `first`.
fn over_requests(each: u64, first: usize, values: Vec<f64>) -> Vec<(f64, f64)> {
    let each = each as f64;
    let values = values.into_iter().enumerate();
    values.map(|(n, value)| ((n + first) as f64 * each, value)).collect()
}

/// Every number beside the heap, after each round, by the name that `metrics` has.
fn series(twin: &TwinResult) -> BTreeMap<String, Vec<f64>> {
    let numbers =
        |values: &Vec<u64>| values.iter().map(|&value| value as f64).collect();
    let gauges = twin.gauges.iter();
    let mut all: BTreeMap<_, Vec<f64>> =
        gauges.map(|(name, values)| (name.clone(), numbers(values))).collect();
    all.insert("tasks".to_owned(), numbers(&twin.tasks));
    all.insert("requests in flight".to_owned(), numbers(&twin.in_flight));
    all.extend(
        known(&twin.open_files).map(|files| ("open files".to_owned(), files)),
    );
    for (round, by_state) in twin.sockets.iter().flatten().enumerate() {
        for (state, count) in by_state {
            let none = || vec![0.0; twin.sockets.len()];
            let counts =
                all.entry(format!("sockets in {state}")).or_insert_with(none);
            counts[round] = *count as f64;
        }
    }
    all
}

/// The values, if the system reported them all.
fn known(values: &[Option<u64>]) -> Option<Vec<f64>> {
    values.iter().map(|value| value.map(|value| value as f64)).collect()
}
