//! What the charts of a lesson show: the peak, live bytes, resident bytes, and the
//! numbers beside the heap.

use super::capital;
use super::chart::{self, Chart, Line};
use crate::axis::bytes;
use crate::comparison::{LessonResult, TwinResult};
use crate::figures::{self, power};
use maud::Markup;

/// What metrics of sockets are called: this and a state.
const SOCKETS_IN: &str = "sockets in ";

/// Every chart of a lesson.
pub(super) fn charts(lesson: &LessonResult) -> Vec<Chart> {
    let mut metrics: Vec<&str> = Vec::new();
    for metric in lesson.twins.values().flat_map(|twin| &twin.metrics) {
        if !metrics.contains(&metric.name.as_str()) {
            metrics.push(&metric.name);
        }
    }
    let metrics = metrics.into_iter().map(|name| metric(lesson, name));
    let first = [peak(lesson), live(lesson), resident(lesson)];
    first.into_iter().chain(metrics).collect()
}

/// The line of each twin that has one.
fn lines<'a>(
    lesson: &'a LessonResult,
    line: impl Fn(&'a TwinResult) -> Option<Line>,
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
    let chart = over_rounds("Peak of live bytes by size", note, "peak", lines);
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
    live_bytes("Live bytes", lines, limits.fold(0.0, f64::max))
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
    Chart { bytes: true, ..chart }
}

/// A number beside the heap.
fn metric(lesson: &LessonResult, name: &str) -> Chart {
    let lines = lines(lesson, |twin| {
        let metric = twin.metrics.iter().find(|metric| metric.name == name)?;
        Some(Line {
            figure: format!("{:+.2} per request", metric.per_request),
            points: over_requests(twin.requests_per_round, 1, values(twin, name)?),
            ..Line::default()
        })
    });
    over_rounds(&capital(name.to_owned()), "Read after each round.", name, lines)
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

/// After each round, by the name that `metrics` has.
fn values(twin: &TwinResult, name: &str) -> Option<Vec<f64>> {
    let numbers =
        |values: &[u64]| values.iter().map(|&value| value as f64).collect();
    match name {
        "open files" => known(&twin.open_files),
        "tasks" => Some(numbers(&twin.tasks)),
        "requests in flight" => Some(numbers(&twin.in_flight)),
        _ => match name.strip_prefix(SOCKETS_IN) {
            Some(state) => {
                let sockets = twin.sockets.iter().flatten();
                let counts = sockets.map(|by_state| by_state.get(state).copied());
                Some(counts.map(|count| count.unwrap_or(0) as f64).collect())
            }
            None => Some(numbers(twin.gauges.get(name)?)),
        },
    }
}

/// The values, if the system reported them all.
fn known(values: &[Option<u64>]) -> Option<Vec<f64>> {
    values.iter().map(|value| value.map(|value| value as f64)).collect()
}
