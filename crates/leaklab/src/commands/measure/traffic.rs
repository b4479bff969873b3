//! What was sent for a request and what came back: loads, statuses, peaks, and why the
//! result may be worthless.

use super::load::Axis;
use measure::statistics::theil_sen;
use measure::{Judgement, Peak, Samples};
use report::figures::{grouped, memory};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use workload::Directives;

/// Part of a request's result.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Traffic {
    /// Responses by their status.
    statuses: BTreeMap<String, u64>,
    /// Requests that were started in each second, where the file gives a rate.
    offered_per_second: Option<f64>,
    /// Whole responses in each second.
    reached_per_second: f64,
    /// Requests whose client did not wait for the response.
    abandoned: u64,
    /// Why the request is not measured.
    pub(super) warning: Option<String>,
    /// What the peak was measured against.
    pub(super) peaks: Option<Peaks>,
}

/// How the peak of a request follows its size or load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Peaks {
    /// What the sizes count.
    of: String,
    /// The e of peak ~ size^e.
    exponent: Option<f64>,
    /// By how much the peak rises with each.
    bytes_per_unit: f64,
    at: Vec<Peak>,
}

impl Peaks {
    pub(super) fn new(axis: Axis, samples: &Samples, judgement: &Judgement) -> Self {
        let points = samples
            .peaks
            .iter()
            .map(|peak| (peak.size as f64, peak.peak_bytes as f64));
        let line = theil_sen(&points.collect::<Vec<_>>());
        let of = match axis {
            Axis::Size => "size",
            Axis::NotRead => "ms without reading",
            Axis::Offered => "requests offered",
            Axis::InFlight => "requests in flight",
        };
        Self {
            of: of.to_owned(),
            exponent: judgement.peak_exponent,
            bytes_per_unit: line.map_or(0.0, |line| line.slope),
            at: samples.peaks.clone(),
        }
    }
}

impl Traffic {
    pub(super) fn new(
        samples: &Samples,
        how: Option<&Directives>,
        warning: Option<String>,
        peaks: Option<Peaks>,
    ) -> Self {
        let sent = samples.latency_us.len();
        let per_second = |requests: u64, time: std::time::Duration| {
            requests as f64 / time.as_secs_f64().max(f64::MIN_POSITIVE)
        };
        let rate = how.and_then(|how| how.offered_per_second);
        let offered = rate.map(|_| per_second(sent, samples.starting));
        let whole = sent.saturating_sub(samples.abandoned);
        Self {
            statuses: samples
                .statuses
                .iter()
                .map(|(status, n)| (status.to_string(), *n))
                .collect(),
            offered_per_second: offered,
            reached_per_second: per_second(whole, samples.took),
            abandoned: samples.abandoned,
            warning,
            peaks,
        }
    }

    /// For a terminal, indented.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if let Some(warning) = &self.warning {
            let _ = writeln!(text, "  - {warning}");
        }
        if self.statuses.len() > 1 {
            let each = |(status, n): (&String, &u64)| {
                format!("{} x {status}", grouped(*n as f64))
            };
            let all: Vec<_> = self.statuses.iter().map(each).collect();
            let all = all.join(", ");
            let _ = writeln!(text, "  = {all}; the growth is that of all of them");
        }
        if let Some(offered) = self.offered_per_second {
            let _ = writeln!(
                text,
                "  = offered {}/s, reached {}/s; {} clients gave up",
                grouped(offered),
                grouped(self.reached_per_second),
                grouped(self.abandoned as f64),
            );
        }
        if let Some(Peaks { of, bytes_per_unit, at, .. }) = &self.peaks {
            let each = |peak: &Peak| {
                let size = grouped(peak.size as f64);
                format!("{} at {size}", memory(peak.peak_bytes))
            };
            let all: Vec<_> = at.iter().map(each).collect();
            let (slope, all) = (memory(*bytes_per_unit as u64), all.join(", "));
            let _ = writeln!(text, "  ^ peak by {of}: {slope} each\n    {all}");
        }
        text
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
