//! What was sent for a request and what came back: loads, statuses, peaks, and why the
//! result may be worthless.

use super::load::Axis;
use measure::stages::Found;
use measure::statistics::theil_sen;
use measure::{Judgement, Samples};
use report::figures::grouped;
use report::measured::{Peaks, Traffic};
use std::collections::BTreeMap;
use workload::Directives;

/// How a peak follows its axis.
pub(super) fn peaks(axis: Axis, samples: &Samples, judgement: &Judgement) -> Peaks {
    let points =
        samples.peaks.iter().map(|peak| (peak.size as f64, peak.peak_bytes as f64));
    let line = theil_sen(&points.collect::<Vec<_>>());
    let of = match axis {
        Axis::Size => "size",
        Axis::NotRead => "ms without reading",
        Axis::Offered => "requests offered",
        Axis::InFlight => "requests in flight",
    };
    Peaks {
        of: of.to_owned(),
        exponent: judgement.peak_exponent,
        bytes_per_unit: line.map_or(0.0, |line| line.slope),
        at: samples.peaks.clone(),
    }
}

/// What was sent and what came back.
pub(super) fn of(
    found: &Found,
    how: Option<&Directives>,
    warning: Option<String>,
    peaks: Option<Peaks>,
) -> Traffic {
    let stats = &found.samples.stats;
    let sent = stats.latency_us.len();
    let per_second = |requests: u64, time: std::time::Duration| {
        requests as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
    };
    let rate = how.and_then(|how| how.offered_per_second);
    let offered = rate.map(|_| per_second(sent, stats.starting));
    let whole = sent.saturating_sub(stats.abandoned);
    let statuses = stats.statuses.iter();
    let by_status = found.bytes_by_status.iter();
    Traffic {
        statuses: statuses.map(|(status, n)| (status.to_string(), *n)).collect(),
        bytes_by_status: by_status
            .map(|(status, each)| (status.to_string(), *each))
            .collect(),
        offered_per_second: offered,
        reached_per_second: per_second(whole, stats.took),
        abandoned: stats.abandoned,
        warning,
        peaks,
    }
}

/// Says so when no response is one that the request is about.
pub(super) fn worthless(
    statuses: &BTreeMap<u16, u64>,
    how: Option<&Directives>,
) -> Option<String> {
    let expected = how.map_or(&[][..], |how| &how.expected);
    let meant = |status: &u16| match expected {
        [] => *status < 400,
        expected => expected.contains(status),
    };
    let (most, _) = statuses.iter().max_by_key(|(_, responses)| **responses)?;
    if statuses.keys().any(meant) {
        return None;
    }
    let all = grouped(statuses.values().sum::<u64>() as f64);
    let hint = match most {
        401 | 403 => "are the credentials right?",
        404 => "is the path right?",
        405 => "is the method right?",
        _ => "is that what you mean to measure?",
    };
    let others = if statuses.len() > 1 { " or other errors" } else { "" };
    Some(format!(
        "all {all} responses are {most}{others}: {hint} If so: # @expect {most}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_are_worthless_unless_they_are_expected() {
        let of = |statuses: &[(u16, u64)], expected: &[u16]| {
            let expected = expected.to_vec();
            let how = Directives { expected, ..Directives::default() };
            worthless(&statuses.iter().copied().collect(), Some(&how))
        };
        let all = of(&[(404, 2_000)], &[]).unwrap();
        assert!(all.starts_with("all 2,000 responses are 404: is the path right?"));
        assert!(of(&[(404, 1_999), (500, 1)], &[]).is_some());
        assert!(of(&[(200, 2_000)], &[404]).is_some());
        assert_eq!(of(&[(404, 2_000)], &[404]), None);
        assert_eq!(of(&[(200, 1), (500, 1_999)], &[]), None);
        // Clients that never wait say nothing about it.
        assert_eq!(of(&[], &[]), None);
    }
}
