//! What is not as a scenario expects: the verdict, the metrics, the responses.

use super::growth::GrowthFound;
use super::metrics::MetricSlope;
use crate::samples::Samples;
use crate::scenario::{Growth, Scenario, Verdict};

/// A metric of a leak rises by one per request. Half allows for entries that are freed
/// meanwhile or added late.
const METRIC_RISES: f64 = 0.5;

/// A metric that rises by less than one in ten requests does not follow the requests:
/// a pool opens and closes sockets and files now and then.
const METRIC_RESTS: f64 = 0.1;

/// Every mismatch, as a clause after the name of the service.
pub(super) fn all(
    samples: &Samples,
    scenario: &Scenario,
    growth: &GrowthFound,
    metrics: &[MetricSlope],
) -> Vec<String> {
    let verdict = verdict(samples, scenario, growth);
    if samples.unjudged.is_some() {
        // Neither are the metrics and the errors of disturbed rounds judged.
        return verdict.into_iter().collect();
    }
    let metrics = metrics.iter().filter_map(|slope| metric(scenario, slope));
    verdict.into_iter().chain(metrics).chain(errors(samples, scenario)).collect()
}

fn verdict(
    samples: &Samples,
    scenario: &Scenario,
    growth: &GrowthFound,
) -> Option<String> {
    let (expected, found) = (scenario.expected, growth.verdict);
    if found != expected {
        let advice = match found {
            Verdict::Inconclusive => advice(samples, scenario, growth),
            _ => String::new(),
        };
        let (found, expected) = (found.as_str(), expected.as_str());
        return Some(format!("is {found}, expected {expected}{advice}"));
    }
    let slope = growth.line.slope;
    let least = scenario.growth.min_leak_bytes();
    (expected == Verdict::Leaks && slope < least).then(|| {
        format!(
            "leaks {slope:.0} B per request, less than the {least:.0} B of the \
             smallest expected leak: it is partly repaired, or another leak"
        )
    })
}

/// What may turn an inconclusive measurement into a verdict.
fn advice(samples: &Samples, scenario: &Scenario, growth: &GrowthFound) -> String {
    if let Some(why) = &samples.unjudged {
        return format!(": {why}; run it again on a quieter machine");
    }
    let advice = match scenario.growth {
        Growth::Peak { .. } if growth.line.slope > growth.detection_limit => {
            "; memory stays when a peak is over: look at live_bytes"
        }
        // More requests do not change a peak.
        Growth::Peak { .. } => {
            "; its peak follows the size in part: look at the peaks, or give --sizes \
             that are further apart"
        }
        _ => "; run it again with more --requests",
    };
    match samples.pressure.phrase() {
        Some(pressure) => format!(" under pressure ({pressure}){advice}"),
        None => advice.to_owned(),
    }
}

fn metric(scenario: &Scenario, slope: &MetricSlope) -> Option<String> {
    let MetricSlope { name, per_request } = slope;
    let rises = scenario.expected.is_growth();
    let as_expected = match rises {
        true => *per_request >= METRIC_RISES,
        false => *per_request <= METRIC_RESTS,
    };
    let verb = if rises { "do not rise" } else { "do not stay" };
    (!as_expected)
        .then(|| format!("has {name} that {verb} ({per_request:+.2} per request)"))
}

fn errors(samples: &Samples, scenario: &Scenario) -> Option<String> {
    if scenario.may_fail {
        return None;
    }
    let allowed = if scenario.may_refuse { samples.stats.refused } else { 0 };
    let errors = samples.stats.errors - allowed;
    let first = samples.stats.first_error.as_deref().unwrap_or_default();
    (errors > 0).then(|| format!("answered {errors} requests with errors: {first}"))
}
