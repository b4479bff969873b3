//! Metrics beside the heap: how much of each a request leaves behind.

use super::growth::JITTER_BYTES;
use crate::outside::{TEMPORARY_BYTES, TEMPORARY_FILES};
use crate::samples::Samples;
use crate::scenario::{Metric, Scenario};
use crate::statistics::{Line, detection_limit, theil_sen};
use heap::Reading;
use heap::gauges::DATABASE_CALLS;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Resident bytes that are not malloc's.
pub const OUTSIDE: &str = "bytes outside the heap";

/// How a metric moves with the requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricSlope {
    /// What is counted.
    pub name: String,
    /// By how much it rises with each request.
    pub per_request: f64,
}

impl MetricSlope {
    /// Whether it counts things, such as files: what is left of those leaks. Bytes beside
    /// the heap also move with what an allocator keeps.
    pub fn is_counted(&self) -> bool {
        !self.name.ends_with(" bytes")
    }
}

/// The metrics of a scenario, without those that this system does not report.
pub(super) fn metrics(samples: &Samples, scenario: &Scenario) -> Vec<MetricSlope> {
    let slope = |metric: &Metric| {
        let per_request = per_request(samples, scenario, |r| metric.value(r))?;
        Some(MetricSlope { name: metric.to_string(), per_request })
    };
    scenario.metrics.iter().filter_map(slope).collect()
}

/// Database calls per request, retries included; `None` where the service does not
/// count them.
pub(super) fn database_calls(samples: &Samples, scenario: &Scenario) -> Option<f64> {
    per_request(samples, scenario, |r| r.gauges.get(DATABASE_CALLS).copied())
}

/// The slope of a value; `None` where a reading does not have it.
fn per_request(
    samples: &Samples,
    scenario: &Scenario,
    value: impl Fn(&Reading) -> Option<u64>,
) -> Option<f64> {
    let value = |reading: &Reading| Some(value(reading)? as f64);
    Some(line(&samples.readings, scenario.requests as f64, value)?.slope)
}

/// A metric that rises by less is not reported: one in twenty requests.
const RISES: f64 = 0.05;
/// The same for temporary files whose rounds differ: other processes have theirs in the
/// same folder.
const RISES_SHARED: f64 = 0.5;
/// Rounds are alike if the interval of their slope is narrower than this share of it.
/// Requests that each leave a file, or each tenth, make it 0; other processes come and go.
const STEADY: f64 = 0.25;
/// The same for bytes, which come in pages.
const RISES_BYTES: f64 = 64.0;
/// The same for resident bytes, of which malloc keeps many for later.
const RISES_RESIDENT: f64 = 1_024.0;

/// Files, sockets, threads, gauges and the C heap, if they rise from round to round of a
/// number of requests.
pub fn rises(readings: &[Reading], requests: f64) -> Vec<MetricSlope> {
    let mut rises = Vec::new();
    let mut rise = |name: &str, value: &dyn Fn(&Reading) -> Option<u64>| {
        let line = line(readings, requests, |r| Some(value(r)? as f64));
        let line = line.filter(|Line { slope, interval: [low, high], .. }| {
            let is_steady = high - low < STEADY * slope;
            let least = match name {
                TEMPORARY_FILES if !is_steady => RISES_SHARED,
                _ if name.ends_with(" bytes") => RISES_BYTES,
                _ => RISES,
            };
            *slope >= least && *low > 0.0
        });
        let slope = |line: Line| MetricSlope {
            name: name.to_owned(),
            per_request: line.slope,
        };
        rises.extend(line.map(slope));
    };
    for metric in [Metric::OpenFiles, Metric::InFlight, Metric::Tasks] {
        rise(&metric.to_string(), &|reading| metric.value(reading));
    }
    let states =
        readings.iter().flat_map(|reading| reading.sockets.iter().flatten());
    for state in states.map(|(state, _)| state).collect::<BTreeSet<_>>() {
        rise(&format!("sockets in {state}"), &|reading| {
            Some(reading.sockets.as_ref()?.get(state).copied().unwrap_or(0))
        });
    }
    let gauges: BTreeSet<_> =
        readings.iter().flat_map(|reading| reading.gauges.keys()).collect();
    // It counts calls, and rises by design.
    for name in gauges.into_iter().filter(|name| *name != DATABASE_CALLS) {
        rise(name, &|reading| reading.gauges.get(name).copied());
    }
    // Without more files it is a log that is written there.
    if !rises.iter().any(|rise| rise.name == TEMPORARY_FILES) {
        rises.retain(|rise| rise.name != TEMPORARY_BYTES);
    }
    let beside = [
        ("C heap bytes", c_heap(readings, requests)),
        (OUTSIDE, outside(readings, requests)),
    ];
    rises.extend(beside.into_iter().filter_map(|(name, per_request)| {
        Some(MetricSlope { name: name.to_owned(), per_request: per_request? })
    }));
    rises
}

/// Resident bytes that each request adds beyond the heap, as `mmap` does. The factor
/// leaves room for what malloc adds to blocks of 24 bytes, a third, and for pages that are
/// not full.
fn outside(readings: &[Reading], requests: f64) -> Option<f64> {
    let line = line(readings, requests, |reading| {
        let heap = reading.malloc_bytes.unwrap_or(0).max(reading.live_bytes);
        Some(reading.resident_bytes? as f64 - 1.5 * heap as f64)
    })?;
    Some(line.slope).filter(|_| line.interval[0] > RISES_RESIDENT)
}

/// malloc rounds a block up to 16 bytes, 8 of its own included, and gives at least 32: at
/// most 31 bytes more than were asked for (glibc, `malloc/malloc.c`).
const OVERHEAD_BLOCK: f64 = 32.0;
/// Blocks that are replaced by others of nearly the same size may need this much more each.
const ROUNDING: f64 = 16.0;
/// Blocks of 128 KiB and more have pages of their own, of which the last is not full.
const OVERHEAD_SHARE: f64 = 4_096.0 / 131_072.0;

/// Bytes of C heap that each request adds, at least; `None` where none is certain. These
/// are the bytes of malloc beyond those of Rust and what malloc can need for Rust's. Less
/// than one small block in two requests is none.
pub fn c_heap(readings: &[Reading], requests: f64) -> Option<f64> {
    let blocks = readings.first().map_or(0, |reading| reading.live_blocks);
    let step = JITTER_BYTES + ROUNDING * blocks as f64;
    let points = points(readings, requests, |reading| {
        Some(reading.malloc_bytes? as f64 - reading.live_bytes as f64)
    })?;
    let beside = theil_sen(&points)?;
    let limit = detection_limit(&points, &beside, step);
    let bytes = line(readings, requests, |r| Some(r.live_bytes as f64))?;
    let blocks = line(readings, requests, |r| Some(r.live_blocks as f64))?;
    let overhead = OVERHEAD_SHARE * bytes.slope.max(0.0)
        + OVERHEAD_BLOCK * blocks.slope.max(0.0);
    Some(beside.slope - overhead)
        .filter(|slope| *slope > limit.max(OVERHEAD_BLOCK / 2.0))
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

/// Values after each round, against the requests so far.
pub(super) fn against_requests(
    requests: f64,
    values: impl IntoIterator<Item = f64>,
) -> Vec<(f64, f64)> {
    (1..).map(|round| f64::from(round) * requests).zip(values).collect()
}

/// The same of readings; `None` where one of them does not have the value.
fn points(
    readings: &[Reading],
    requests: f64,
    value: impl Fn(&Reading) -> Option<f64>,
) -> Option<Vec<(f64, f64)>> {
    let values: Option<Vec<f64>> = readings.iter().map(value).collect();
    Some(against_requests(requests, values?))
}

fn line(
    readings: &[Reading],
    requests: f64,
    value: impl Fn(&Reading) -> Option<f64>,
) -> Option<Line> {
    theil_sen(&points(readings, requests, value)?)
}

impl Metric {
    /// Its value; `None` where the system does not report it.
    fn value(self, reading: &Reading) -> Option<u64> {
        match self {
            Self::OpenFiles => reading.open_files,
            Self::Sockets(state) => {
                let sockets = reading.sockets.as_ref()?;
                Some(sockets.get(state).copied().unwrap_or(0))
            }
            Self::Tasks => Some(reading.tasks),
            Self::InFlight => Some(reading.in_flight),
            // A gauge that does not exist yet counts nothing.
            Self::Gauge(name) => {
                Some(reading.gauges.get(name).copied().unwrap_or(0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What malloc has after each round, if each request keeps these.
    fn rounds(rust: [u64; 2], overhead: u64, c_bytes: u64) -> Vec<Reading> {
        let reading = |n: u64| Reading {
            live_blocks: 1_000 + n * rust[0],
            live_bytes: 1_000_000 + n * rust[0] * rust[1],
            malloc_bytes: Some(
                1_500_000 + n * (rust[0] * (rust[1] + overhead) + c_bytes),
            ),
            ..Reading::default()
        };
        (1..=8).map(|round| reading(250 * round)).collect()
    }

    #[test]
    fn what_malloc_needs_for_rust_is_no_c_heap() {
        for (rust, overhead) in [([0, 0], 0), ([400, 1], 31), ([1, 131_080], 4_096)]
        {
            let of = |c_bytes| c_heap(&rounds(rust, overhead, c_bytes), 250.0);
            assert_eq!(of(0), None, "{rust:?}");
            assert!(of(10_000).is_some_and(|slope| slope > 9_000.0), "{rust:?}");
        }
        let unknown = Reading { malloc_bytes: None, ..Reading::default() };
        assert_eq!(c_heap(&[unknown.clone(), unknown], 250.0), None);
    }

    #[test]
    fn some_temporary_files_of_requests_are_told_from_those_of_other_processes() {
        let rises = |files: [u64; 8]| {
            let readings = files.map(|files| Reading {
                gauges: [(TEMPORARY_FILES.to_owned(), files)].into(),
                ..Reading::default()
            });
            !rises(&readings, 250.0).is_empty()
        };
        assert!(rises([25, 50, 75, 100, 125, 150, 175, 200]));
        assert!(!rises([0, 30, 31, 90, 92, 95, 150, 152]));
    }

    #[test]
    fn resident_memory_beside_the_heap_is_reported_and_that_of_the_heap_is_not() {
        let outside = |live: u64, resident: u64| {
            let readings = (0..8).map(|round| Reading {
                live_bytes: 1_000_000 + round * live * 100,
                resident_bytes: Some(20_000_000 + round * resident * 100),
                ..Reading::default()
            });
            outside(&readings.collect::<Vec<_>>(), 100.0)
        };
        assert_eq!(outside(0, 4_096), Some(4_096.0));
        // Blocks of 24 bytes, and pages that malloc keeps.
        assert_eq!(outside(2_400, 3_200), None);
        assert_eq!(outside(0, 500), None);
    }
}
