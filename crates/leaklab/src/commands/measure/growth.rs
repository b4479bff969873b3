//! Whether a request leaks, or fills something that has an end.

use super::load::FileLoad;
use crate::cli::Measure;
use anyhow::Result;
use measure::{Growth, Instrument, Judgement, Samples, Scenario, Verdict};
use serde::{Deserialize, Serialize};
use workload::Origin;

/// Rounds of a measurement.
const ROUNDS: u64 = 8;
/// Each measurement of a request that grows has this many times the requests of the one
/// before it. What fills up, such as a cache, has then grown for long enough to show it.
const LONGER: u64 = 4;
/// Measurements of a request that grows: 1, 4 and 16 times the requests.
const MEASUREMENTS_MAX: u64 = 3;
/// A leak goes on at the same rate. Something that fills up slows down, and has grown by
/// less than this share of its first rate over a measurement that is four times as long.
const GOES_ON: f64 = 0.5;
/// The smallest leak that physical memory can show, in bytes per request. With about 300
/// requests in a round, malloc's steps hide smaller ones.
const COARSE_LEAK_BYTES: f64 = 400.0;

/// What a request does to the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum RequestVerdict {
    /// Grows with the requests, and goes on.
    Leaks,
    /// Does not grow.
    Flat,
    /// Grew, and then stopped.
    Plateau,
    /// The noise is too large for a verdict.
    Inconclusive,
}

/// A measurement of a request.
pub(super) struct Found {
    pub(super) growth: RequestVerdict,
    pub(super) judgement: Judgement,
    pub(super) samples: Samples,
    /// HTTP requests that count as one.
    pub(super) length: u64,
}

/// Measures a request until growth has gone on, or stopped.
pub(super) async fn measured<I: Instrument>(
    instrument: &I,
    origin: Origin,
    mut load: FileLoad,
    arguments: &Measure,
    step: &(dyn Fn(&str) + Sync),
) -> Result<Found> {
    let length = load.length();
    let mut scenario = scenario(instrument, &load, arguments);
    let mut before: Option<f64> = None;
    loop {
        let measured = measure::measure(instrument, origin, &load, &scenario, step);
        let (samples, judgement) = measured.await?;
        let slope = judgement.line.slope;
        let growth = match (judgement.verdict, before) {
            (Verdict::Leaks, Some(before)) if slope >= GOES_ON * before => {
                Some(RequestVerdict::Leaks)
            }
            (Verdict::Leaks, _) => None,
            (Verdict::Inconclusive, _) => Some(RequestVerdict::Inconclusive),
            (_, Some(_)) => Some(RequestVerdict::Plateau),
            (_, None) => Some(RequestVerdict::Flat),
        };
        load.measurement += 1;
        let last = load.measurement == MEASUREMENTS_MAX;
        // Growth that slows down each time is neither proven nor refuted.
        let growth = growth.or(last.then_some(RequestVerdict::Inconclusive));
        if let Some(growth) = growth {
            return Ok(Found { growth, judgement, samples, length });
        }
        before = Some(slope);
        scenario.requests *= LONGER;
    }
}

fn scenario<I: Instrument>(
    instrument: &I,
    load: &FileLoad,
    arguments: &Measure,
) -> Scenario {
    let windows = instrument.has_windows();
    let requests = arguments.count * load.length();
    let mut scenario = Scenario {
        growth: Growth::Slope { min_leak_bytes: COARSE_LEAK_BYTES },
        sizes: Vec::new(),
        // Exact counters show a leak of one small string; physical memory doesn't.
        expected: if windows { Verdict::Flat } else { Verdict::Leaks },
        rounds: ROUNDS,
        requests,
        warm_up: requests,
        window_requests: requests / 2,
        concurrency: load.concurrency(arguments.concurrency),
        quick: false,
        windows,
        jitter_bytes: instrument.jitter_bytes(),
        metrics: &[],
        // Any call stack explains growth; whose code it is, is another question.
        expected_sites: &[""],
        in_app: arguments.in_app.clone(),
        may_refuse: true,
        may_fail: true,
    };
    scenario.requests = requests.max(measure::judge::requests_needed(&scenario));
    scenario
}
