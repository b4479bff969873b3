//! Whether a request leaks, or fills something that has an end.

use super::limits::Limits;
use super::load::FileLoad;
use crate::cli::Measure;
use anyhow::Result;
use measure::stages::{self, Bounds, Found};
use measure::{Growth, Instrument, Scenario, Verdict};
use std::time::Duration;
use workload::Origin;

/// Rounds of a measurement.
const ROUNDS: u64 = 8;
/// Growth that a stage may cause. A service that leaks more with each request gets fewer.
const GROWTH_MAX: u64 = 512 << 20;
/// Threads that a service may have at the end of a stage.
const THREADS_MAX: u64 = 4_000;
/// Share of the limit of open files up to which a measurement goes.
const FILES_SHARE: f64 = 0.8;
/// Time that a stage may take.
const STAGE_MAX: Duration = Duration::from_secs(30);
/// The smallest leak that physical memory can show, in bytes per request. With about 300
/// requests in a round, malloc's steps hide smaller ones.
const COARSE_LEAK_BYTES: f64 = 400.0;

/// Measures a request until growth has gone on, or stopped.
pub(super) async fn measured<I: Instrument>(
    instrument: &I,
    origin: Origin,
    load: &FileLoad,
    arguments: &Measure,
    limits: Limits,
    step: &(dyn Fn(&str) + Sync),
) -> Result<Found> {
    let scenario = scenario(instrument, load, arguments);
    let memory = limits.memory_bytes.map_or(GROWTH_MAX, |memory| memory / 4);
    let files = limits.open_files.map(|files| files as f64 * FILES_SHARE);
    let bounds = Bounds {
        open_files: files.map_or(u64::MAX, |files| files as u64),
        threads: THREADS_MAX,
        growth_bytes: memory.min(GROWTH_MAX),
        stage: STAGE_MAX,
        idle: arguments.idle,
    };
    stages::measure(instrument, origin, load, &scenario, &bounds, step).await
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
