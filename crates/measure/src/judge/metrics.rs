//! Metrics beside the heap: how much of each a request leaves behind.

use crate::samples::Samples;
use crate::scenario::{Metric, Scenario};
use crate::statistics::theil_sen;
use heap::Reading;
use heap::gauges::DATABASE_CALLS;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a metric moves with the requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSlope {
    /// What is counted.
    pub name: String,
    /// By how much it rises with each request.
    pub per_request: f64,
}

/// The metrics of a scenario, without those that this system does not report.
pub(super) fn metrics(samples: &Samples, scenario: &Scenario) -> Vec<MetricSlope> {
    let slope = |metric: &Metric| {
        let values = values(*metric, &samples.readings)?;
        let per_request = per_request(scenario, values)?;
        Some(MetricSlope { name: metric.to_string(), per_request })
    };
    scenario.metrics.iter().filter_map(slope).collect()
}

/// Database calls per request, retries included; `None` where the service does not
/// count them.
pub(super) fn database_calls(samples: &Samples, scenario: &Scenario) -> Option<f64> {
    let counts = |reading: &Reading| reading.gauges.contains_key(DATABASE_CALLS);
    let counted = samples.readings.iter().all(counts);
    let values = values(Metric::Gauge(DATABASE_CALLS), &samples.readings)?;
    counted.then(|| per_request(scenario, values)).flatten()
}

/// Every gauge after each round, by name.
pub(super) fn gauges(samples: &Samples) -> BTreeMap<String, Vec<u64>> {
    let readings = &samples.readings;
    let names: BTreeSet<_> = readings.iter().flat_map(|r| r.gauges.keys()).collect();
    let of = |name: &String| {
        let value = |r: &Reading| r.gauges.get(name).copied().unwrap_or(0);
        (name.clone(), readings.iter().map(value).collect())
    };
    names.into_iter().map(of).collect()
}

/// Points of a value that was read after each round, against the requests so far.
pub(super) fn against_requests(
    scenario: &Scenario,
    values: impl IntoIterator<Item = u64>,
) -> Vec<(f64, f64)> {
    let requests = scenario.requests as f64;
    let rounds = (1..).map(|round| f64::from(round) * requests);
    rounds.zip(values).map(|(requests, value)| (requests, value as f64)).collect()
}

fn per_request(scenario: &Scenario, values: Vec<u64>) -> Option<f64> {
    theil_sen(&against_requests(scenario, values)).map(|line| line.slope)
}

/// A metric after each round; `None` where the system does not report it.
fn values(metric: Metric, readings: &[Reading]) -> Option<Vec<u64>> {
    let value = |reading: &Reading| match metric {
        Metric::OpenFiles => reading.open_files,
        Metric::Sockets(state) => {
            let sockets = reading.sockets.as_ref()?;
            Some(sockets.get(state).copied().unwrap_or(0))
        }
        Metric::Tasks => Some(reading.tasks),
        Metric::InFlight => Some(reading.in_flight),
        // A gauge that does not exist yet counts nothing.
        Metric::Gauge(name) => Some(reading.gauges.get(name).copied().unwrap_or(0)),
    };
    readings.iter().map(value).collect()
}
