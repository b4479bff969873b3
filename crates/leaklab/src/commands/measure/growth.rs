//! Measures a request of the file: whether it leaks, and how its peaks grow.

use super::load::{Axis, FileLoad};
use super::traffic::{self, worthless};
use crate::cli::Measure;
use anyhow::Result;
use measure::bounds::Bounds;
use measure::judge::trend::Trend;
use measure::judge::{falls, limit_max};
use measure::outside::Limits;
use measure::stages::{self, Found};
use measure::{Growth, Instrument, Scale, Scenario, Verdict};
use report::measured::Traffic;
use std::time::Duration;
use workload::Origin;

/// Growth that a stage may cause: little enough for a laptop. A service that leaks more
/// with each request gets fewer.
const GROWTH_MAX: u64 = 512 << 20;
/// Threads that a service may have at the end of a stage: far from the 32,768 process
/// numbers that Linux has by default.
const THREADS_MAX: u64 = 4_000;
/// Share of the limit of open files that a measurement may use. The clients' connections
/// and call stacks need the rest.
const FILES_SHARE: f64 = 0.8;
/// Time that a stage may take, so that a slow request takes two minutes at most.
const STAGE_MAX: Duration = Duration::from_secs(30);
/// The smallest leak that physical memory can show, in bytes per request. With about 300
/// requests in a round, malloc's steps hide smaller ones.
const COARSE_LEAK_BYTES: f64 = 400.0;

/// Time for single requests of a leak that answers with several statuses. A sequence has
/// no single ones.
const BY_STATUS: Duration = Duration::from_secs(4);
/// Rounds, and requests in each, beside the peaks of a request.
const PEAK_ROUNDS: u64 = 3;
const PEAK_REQUESTS: u64 = 50;

/// Measures a request until growth has gone on, or stopped. Then compares its peaks, if
/// the file asks for it and the memory does not grow anyway.
pub(super) async fn measured<I: Instrument>(
    instrument: &I,
    origin: Origin,
    load: &FileLoad,
    arguments: &Measure,
    limits: Limits,
    step: &(dyn Fn(&str) + Sync),
) -> Result<(Found, Traffic)> {
    let scenario = scenario(instrument, load, arguments);
    let memory = limits.memory_bytes.map_or(GROWTH_MAX, |memory| memory / 4);
    let files = limits.open_files.map(|files| files as f64 * FILES_SHARE);
    let bounds = Bounds {
        open_files: files.map_or(u64::MAX, |files| files as u64),
        threads: THREADS_MAX,
        growth_bytes: memory.min(GROWTH_MAX),
        stage: STAGE_MAX,
        idle: arguments.idle,
        by_status: if load.length() > 1 { Duration::ZERO } else { BY_STATUS },
    };
    let found = staged(instrument, origin, load, &scenario, &bounds, step);
    let mut found = found.await?;
    let worthless = worthless(&found.samples.stats.statuses, load.how());
    let leaks = found.trend == Trend::Leaks;
    let mut peaks = None;
    if worthless.is_some() && !leaks {
        (found.trend, found.reason) = (Trend::Inconclusive, None);
    }
    // A queue that is not empty yet when the memory is read looks like a leak. A client
    // that does not read has a connection of its own, which may leak beside.
    let beside = |axis| matches!(axis, Axis::Offered | Axis::NotRead);
    let wanted = |axis| worthless.is_none() && (!leaks || beside(axis));
    if let Some((axis, sizes)) = load.axis().filter(|(axis, _)| wanted(*axis)) {
        let scenario = peak_scenario(&scenario, axis, sizes);
        let measured =
            measure::measure(instrument, origin, load, &scenario, step).await?;
        peaks = Some(traffic::peaks(axis, &measured.0, &measured.1));
        found.add_peaks(measured.0, measured.1);
    }
    let traffic = traffic::of(&found, load.how(), worthless, peaks);
    Ok((found, traffic))
}

/// Measures a request in stages, and again with one in flight if noise of several leaves
/// no verdict or hides leaks.
async fn staged<I: Instrument>(
    instrument: &I,
    origin: Origin,
    load: &FileLoad,
    scenario: &Scenario,
    bounds: &Bounds,
    step: &(dyn Fn(&str) + Sync),
) -> Result<Found> {
    let hides_leaks = |found: &Found| {
        let noise = found.judgement.detection_limit;
        found.trend != Trend::Leaks && noise > limit_max(scenario)
    };
    // Memory that only rises may be a leak of requests that meet.
    let in_noise = |found: &Found| {
        hides_leaks(found)
            || found.trend == Trend::Inconclusive && falls(&found.samples, scenario)
    };
    let stages = stages::measure(instrument, origin, load, scenario, bounds, step);
    let found = stages.await?;
    let judged = |found: &Found| found.samples.unjudged.is_none();
    let several = scenario.windows && scenario.concurrency > 1;
    if !(several && load.may_be_alone() && judged(&found) && in_noise(&found)) {
        return Ok(found);
    }
    let alone = Scenario { concurrency: 1, ..scenario.clone() };
    let stages = stages::measure(instrument, origin, load, &alone, bounds, step);
    let mut alone = stages.await?;
    // A cache that is emptied when it is full moves memory as much.
    let is_clear = alone.trend != Trend::Inconclusive && !hides_leaks(&alone);
    if !judged(&alone) || !is_clear {
        return Ok(found);
    }
    // Pools have one entry then, and what each holds does not depend on how requests meet.
    let noise = found.judgement.detection_limit;
    alone.reason.get_or_insert_with(|| {
        format!(
            "measured with one request at a time: several at once make noise, which \
             hides leaks below {noise:.0} B"
        )
    });
    Ok(alone)
}

/// For the peaks of a request at several sizes. Its rounds only show that memory returns.
fn peak_scenario(slope: &Scenario, axis: Axis, sizes: Vec<u64>) -> Scenario {
    let requests = slope.requests.min(PEAK_REQUESTS);
    let of = match axis {
        Axis::Size | Axis::NotRead => Scale::Items,
        Axis::Offered | Axis::InFlight => Scale::Requests,
    };
    Scenario {
        growth: Growth::Peak { sizes: &[], of },
        sizes,
        expected: Verdict::Flat,
        rounds: PEAK_ROUNDS,
        requests,
        warm_up: requests,
        ..slope.clone()
    }
}

fn scenario<I: Instrument>(
    instrument: &I,
    load: &FileLoad,
    arguments: &Measure,
) -> Scenario {
    let windows = instrument.has_windows();
    let requests = arguments.count * load.length();
    let concurrency = load.concurrency(arguments.concurrency);
    Scenario {
        growth: Growth::Slope { min_leak_bytes: COARSE_LEAK_BYTES },
        // Exact counters show a leak of one small string; physical memory doesn't.
        expected: if windows { Verdict::Flat } else { Verdict::Leaks },
        windows,
        jitter_bytes: instrument.jitter_bytes(),
        // Any call stack explains growth; whose code it is, is another question.
        expected_sites: &[""],
        in_app: arguments.in_app.clone(),
        ..stages::scenario(requests, concurrency)
    }
}
