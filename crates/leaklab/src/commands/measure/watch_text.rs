//! The result of a watch, as text and as JSON.

use measure::Verdict;
use measure::watch::{Ended, LIVE, OPEN_FILES, RESIDENT, Stretch, TimeGrowth};
use report::figures::{bytes, duration, grouped, size};
use report::measured::SCHEMA;
use serde::Serialize;
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

/// Processes that are printed; a service that restarts all the time has thousands.
const PRINTED: usize = 10;
/// Limits that are more hours away than this (ten years) are not printed.
const HOURS_MAX: f64 = 87_600.0;

/// What a watch has found.
#[derive(Debug, Serialize)]
pub(super) struct Result {
    /// Version of this format.
    schema: u32,
    /// A stretch of time for each process that had the service.
    stretches: Vec<Stretch>,
}

impl Result {
    pub(super) fn new(stretches: Vec<Stretch>) -> Self {
        Self { schema: SCHEMA, stretches }
    }

    /// Whether anything grows.
    pub(super) fn grows(&self) -> bool {
        let memory = |stretch: &Stretch| {
            let memory = stretch.memory.as_ref();
            memory.is_some_and(|memory| memory.verdict == Verdict::Grows)
        };
        self.stretches.iter().any(|one| memory(one) || !one.metrics.is_empty())
    }
}

/// For a terminal of 80 columns.
pub(super) fn text(result: &Result) -> String {
    let mut text = format!(
        "{:<28} {:<12} {:>14} {:>14}\n",
        "PROCESS", "VERDICT", "BYTES PER HOUR", "LIMIT"
    );
    let all = &result.stretches;
    let from = all.len().saturating_sub(PRINTED);
    if from > 0 {
        let _ = writeln!(text, "({from} earlier ones: --format json)");
    }
    for stretch in &all[from..] {
        one(&mut text, stretch);
    }
    let heap = all.last().map_or("", |stretch| &*stretch.service.instrument);
    let read = match heap {
        "process" => "physical memory, from outside",
        "preload" => "exact bytes of malloc and free",
        _ => "exact bytes of the Rust allocator",
    };
    let _ = write!(
        text,
        "\nRead by {heap}: {read}.\n\
         GROWS: the lowest values of each quarter of the time are higher. LIMIT: the\n\
         smallest growth that this watch could show. A measurement with --requests\n\
         finds the request and the line.\n"
    );
    text
}

fn one(text: &mut String, stretch: &Stretch) {
    let Stretch { service, hours, memory, metrics, .. } = stretch;
    let process = service.process.map(|process| format!(" {process}"));
    let name = format!("{}{}", service.program, process.unwrap_or_default());
    match memory {
        None => {
            let _ =
                writeln!(text, "{name:<28} {:<12}", Verdict::Inconclusive.as_str());
        }
        Some(memory) => {
            let verdict = memory.verdict.as_str();
            let slope = bytes(memory.per_hour);
            let limit = bytes(memory.detection_limit_per_hour);
            let _ =
                writeln!(text, "{name:<28} {verdict:<12} {slope:>14} {limit:>14}");
        }
    }
    let samples = grouped(stretch.samples as f64);
    let _ = writeln!(text, "  {} with {samples} samples", duration(hours * 3_600.0));
    if let Some(reason) = memory.as_ref().and_then(|memory| memory.reason.as_ref()) {
        let _ = writeln!(text, "  ? {reason}");
    }
    for metric in metrics {
        let per_hour = match metric.name.ends_with(" bytes") {
            true => size(metric.per_hour),
            false if metric.per_hour < 100.0 => format!("{:.1}", metric.per_hour),
            false => grouped(metric.per_hour),
        };
        let _ = writeln!(text, "  + {per_hour} {} an hour", metric.name);
    }
    for growth in memory.iter().chain(metrics) {
        limit(text, growth);
    }
    if let Some(Ended { at, why }) = &stretch.ended {
        let _ = writeln!(text, "  ! {}: {why}", moment(*at));
        let last = [LIVE, RESIDENT, OPEN_FILES, "threads"].into_iter();
        let last = last.filter_map(|name| {
            Some(format!("{} {name}", grouped(*stretch.last.get(name)? as f64)))
        });
        let _ =
            writeln!(text, "    before: {}", last.collect::<Vec<_>>().join(", "));
    }
}

fn limit(text: &mut String, growth: &TimeGrowth) {
    let Some((limit, hours)) = growth.limit.zip(growth.hours_to_limit) else {
        return;
    };
    if hours > HOURS_MAX {
        return;
    }
    let what = match &*growth.name {
        OPEN_FILES => OPEN_FILES,
        _ => "bytes of memory",
    };
    let limit = grouped(limit as f64);
    let when = duration(hours * 3_600.0);
    let _ = writeln!(text, "  > the limit of {limit} {what} is met in {when}");
}

/// `2026-11-28 03:12:44 UTC`
pub(super) fn moment(unix: f64) -> String {
    let moment = UNIX_EPOCH + Duration::from_secs_f64(unix.max(0.0));
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    text.replace('T', " ").replace('Z', " UTC")
}
