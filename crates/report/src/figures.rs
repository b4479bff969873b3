//! Figures in words: how much, and how far it can be trusted.

use crate::comparison::{Comparison, LessonResult, SiteGrowth, TwinResult, Verdict};
use chrono::{DateTime, Utc};
use std::time::{Duration, SystemTime};
use thousands::Separable;

/// A share of the growth below which a site explains nothing: it would print as 0 %.
pub const SHARE_MIN: f64 = 0.005;

/// A fix that makes one more call in a hundred requests makes it deliberately.
const CALLS_COST: f64 = 1.01;

/// Both twins run side by side on the same cores as others. The medians of work that takes
/// equally long (`benches/ratios.rs` measures it in turns) then differ up to 2.4 times.
const LATENCY_COST: f64 = 3.0;

/// A container's memory, to hold a growth against.
const CONTAINER_BYTES: f64 = 256.0 * 1_048_576.0;

/// What a result's verdict rests on.
pub fn of(result: &TwinResult) -> String {
    let slope = bytes(result.slope_bytes_per_request);
    let limit = size(result.detection_limit_bytes_per_request);
    match (result.peak_exponent, result.peaks.last(), result.verdict) {
        (Some(exponent), Some(largest), _) => {
            let peak = memory(largest.peak_bytes);
            format!("peak ~n^{}, {peak} at n = {}", power(exponent), largest.size)
        }
        (_, _, Verdict::Leaks) => {
            let [low, high] = result.ci95.map(bytes);
            format!(
                "{slope} B per request (95 %: {low} to {high}; detection limit {limit})"
            )
        }
        (_, _, Verdict::Flat) => format!("flat within {limit} B per request"),
        _ => format!("{slope} B per request (detection limit {limit})"),
    }
}

/// The figure in a table's cell: `+1,420 B` or `~n^1.00`.
pub fn short(result: &TwinResult) -> String {
    match result.peak_exponent {
        Some(exponent) => format!("~n^{}", power(exponent)),
        None => format!("{} B", bytes(result.slope_bytes_per_request)),
    }
}

/// What a leak means: `256 MiB are full after 1,900 requests`.
pub fn full_after(result: &TwinResult) -> Option<String> {
    let leaks = result.verdict == Verdict::Leaks;
    let requests =
        (CONTAINER_BYTES - at_start(result)) / result.slope_bytes_per_request;
    // Two digits: it is a forecast.
    let unit = 10_f64.powf(requests.log10().floor() - 1.0);
    let requests = grouped((requests / unit).round() * unit);
    leaks.then(|| format!("256 MiB are full after {requests} requests"))
}

/// Memory before the growth.
pub fn at_start(result: &TwinResult) -> f64 {
    let live = result.live_bytes.first().copied();
    result.resident_before_bytes.or(live).unwrap_or_default() as f64
}

/// A slope with its interval.
pub fn slope(slope: f64, ci95: [f64; 2]) -> String {
    let [low, high] = ci95.map(bytes);
    let slope = bytes(slope);
    format!("{slope} B per request (95 %: {low} to {high})")
}

/// The time now as results have it, such as `2026-11-30 09:15 UTC`.
pub fn now() -> String {
    let now = DateTime::<Utc>::from(SystemTime::now());
    now.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// On what a comparison was made, in a sentence.
pub fn conditions(comparison: &Comparison) -> String {
    let Comparison { environment, seed, seconds, measured_at, .. } = comparison;
    let quick = if environment.quick { ", --quick" } else { "" };
    format!(
        "Seed {seed}, {seconds:.0} s on {} cores, {}; leaklab {}, {}, {}; \
         aws-sdk-dynamodb {}; engine {}{quick}. {measured_at}",
        environment.cores,
        environment.system,
        environment.leaklab,
        environment.rustc,
        environment.profile,
        environment.aws_sdk_dynamodb,
        environment.engine,
    )
}

/// A site that explains the growth, in short: its line, or the function that is
/// expected there (`read_available of actix_http`).
pub fn holder(site: &SiteGrowth) -> Option<String> {
    let function =
        |path: &String| match (path.split_once("::"), path.rsplit_once("::")) {
            (Some((package, _)), Some((_, name))) => format!("{name} of {package}"),
            _ => path.clone(),
        };
    site.in_app_frame.clone().or_else(|| site.expected_site.as_ref().map(function))
}

/// What the units of a table mean.
pub const UNITS: &str = "B: bytes of live heap that each request adds. ~n^e: the peak \
                         follows the size of the input; e = 1 is in proportion, e = 0 \
                         is independent of it.";

/// What the fix of a lesson costs, where that can be seen, a phrase each.
pub fn costs(lesson: &LessonResult) -> Vec<String> {
    let cost = lesson.cost.as_ref().filter(|_| lesson.kind == "lesson");
    let Some(cost) = cost else { return Vec::new() };
    let above = |ratio: Option<f64>, least: f64, what: &str| {
        let ratio = ratio.filter(|ratio| *ratio > least)?;
        Some(format!("{ratio:.2} times the {what}"))
    };
    let calls = above(cost.database_calls_ratio, CALLS_COST, "database calls");
    let latency = above(cost.latency_ratio, LATENCY_COST, "median latency");
    calls.into_iter().chain(latency).collect()
}

/// A frame without the types that its functions were made for, which take more lines
/// than they are worth: `with_capacity (bytes/src/bytes.rs:7)`.
pub fn place(frame: &str) -> String {
    let mut depth = 0_usize;
    let mut before = ' ';
    let outside = |letter: &char| {
        // The arrow of a function's type closes nothing.
        let closes = *letter == '>' && before != '-';
        before = *letter;
        match letter {
            '<' => depth += 1,
            '>' if closes && depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    let text: String = frame.chars().filter(outside).collect();
    text.trim_start_matches(':').to_owned()
}

/// Memory in the largest unit of which there is one: `412 kB`, `1.5 MB`, `11 MB`.
pub fn memory(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (1e3, "kB"),
        _ => (1e6, "MB"),
    };
    let value = bytes as f64 / unit;
    if value < 10.0 {
        format!("{value:.1} {name}")
    } else {
        format!("{value:.0} {name}")
    }
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// An exponent with two digits; never a negative zero.
pub fn power(exponent: f64) -> String {
    // Adding zero takes the sign off a negative one.
    format!("{:.2}", (exponent * 100.0).round() / 100.0 + 0.0)
}

/// A signed number with thousands separators; fractions only where they matter.
pub fn bytes(value: f64) -> String {
    match value.abs() {
        small if small < 0.05 => "+0.0".to_owned(),
        small if small < 10.0 => format!("{value:+.1}"),
        _ if value < 0.0 => grouped(value),
        _ => format!("+{}", grouped(value)),
    }
}

/// The same without a plus sign.
pub fn size(value: f64) -> String {
    bytes(value).trim_start_matches('+').to_owned()
}

/// A time in one or two units, such as `8h 12m`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds as u64;
    let whole = match seconds {
        0..600 => 1,
        600..86_400 => 60,
        _ => 3_600,
    };
    let whole = Duration::from_secs(seconds / whole * whole);
    humantime::format_duration(whole).to_string()
}

/// A whole number with thousands separators.
pub fn grouped(value: f64) -> String {
    (value.round() as i128).separate_with_commas()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparison::Peak;
    use crate::made::twin;

    #[test]
    fn places_have_no_types() {
        let cases = [
            ("src/lessons/l09.rs:61", "src/lessons/l09.rs:61"),
            ("with<A<B>, fn() -> C> (a-1/b.rs:2)", "with (a-1/b.rs:2)"),
            ("<a::Box<str> as b::C>::d (e.rs:3)", "d (e.rs:3)"),
        ];
        for (frame, shown) in cases {
            assert_eq!(place(frame), shown);
        }
    }

    #[test]
    fn numbers_are_grouped_and_signed() {
        let cases = [
            (0.0, "+0.0"),
            (-0.01, "+0.0"),
            (7.94, "+7.9"),
            (-3.2, "-3.2"),
            (999.6, "+1,000"),
            (135_340.2, "+135,340"),
            (-1_234_567.0, "-1,234,567"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
        assert_eq!(power(-0.001), "0.00");
        let sizes = [999, 4_120, 412_000, 1_500_000, 11_000_000].map(memory);
        assert_eq!(sizes, ["999 B", "4.1 kB", "412 kB", "1.5 MB", "11 MB"]);
    }

    #[test]
    fn a_figure_says_how_far_it_can_be_trusted() {
        let mut peak = twin(Verdict::Grows);
        peak.peaks = vec![Peak { size: 2_400, peak_bytes: 15_000_000 }];
        peak.peak_exponent = Some(0.924);
        let cases = [
            (
                twin(Verdict::Leaks),
                "+500 B per request (95 %: +490 to +510; detection limit 10)",
            ),
            (twin(Verdict::Flat), "flat within 10 B per request"),
            (twin(Verdict::Bounded), "+0.0 B per request (detection limit 10)"),
            (peak, "peak ~n^0.92, 15 MB at n = 2400"),
        ];
        for (result, figure) in cases {
            assert_eq!(of(&result), figure);
        }
    }
}
