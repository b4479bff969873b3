//! Measures requests about which nothing is known: in stages, each longer than all
//! before it, until growth has stopped or goes on.

use crate::attempts::Attempts;
use crate::instrument::Instrument;
use crate::judge::trend::{GIVEN_BACK, STAGES_MAX, Stage, Trend, trend};
use crate::judge::{Judgement, judge, requests_needed};
use crate::outside::THREADS;
use crate::pressure::Watch;
use crate::samples::{Samples, Window};
use crate::scenario::{Growth, Scenario, Verdict};
use crate::session::{Batch, Load, Session};
use anyhow::{Context, Result};
use heap::Reading;
use std::time::{Duration, Instant};
use workload::Origin;

/// Rounds of a stage: as many as the interval of a slope needs (statistics).
const ROUNDS: u64 = 8;
/// Each stage has at least this many times the requests of the one before it, more than
/// all before it together: a table that doubles does so at least once.
const LONGER: f64 = 2.0;
/// The same where growth is not clear yet, or the service is fast: a smaller leak shows,
/// and a larger cache is full.
const LONGEST: f64 = 3.0;
/// The service is fast if its last stage takes no longer with [`LONGEST`].
const LAST_STAGE: f64 = 5.0;
/// A stage with fewer requests than this says nothing that the one before did not.
const LONGER_MIN: f64 = 1.5;
/// Requests in a round of a service that is slow, or that grows by much.
const REQUESTS_MIN: f64 = 10.0;
/// The second window of a small leak has more requests, so that it grows by this much:
/// several times the buffers of a few connections.
const CLEAR_BYTES: f64 = 512_000.0;
/// Seconds that it may take for that, and for a table that should double meanwhile.
const CLEAR_WITHIN: f64 = 2.0;
const DOUBLES_WITHIN: f64 = 10.0;
/// Requests after an idle time: enough for a cache that removes a few expired entries at
/// a time, and too few to grow by much.
const IDLE_REQUESTS: u64 = 50;
/// Windows that show less than this share of the growth have missed a table that doubles.
const WINDOW_SHOWS: f64 = 0.25;

/// What a measurement may use up.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Open files.
    pub open_files: u64,
    /// Threads.
    pub threads: u64,
    /// Bytes of growth.
    pub growth_bytes: u64,
    /// Time of a stage.
    pub stage: Duration,
    /// Time without requests after which growth may be gone; zero not to wait.
    pub idle: Duration,
}

/// What was found about a request.
#[derive(Debug)]
pub struct Found {
    /// Whether it grows.
    pub trend: Trend,
    /// Why there is no verdict.
    pub reason: Option<String>,
    /// Slope, detection limit and sites, from the last stage.
    pub judgement: Judgement,
    /// What was read in the last stage.
    pub samples: Samples,
    /// Requests in each of its rounds.
    pub requests: u64,
    /// Requests in all rounds.
    pub requests_in_all: u64,
}

impl Found {
    /// Adds what a measurement of its peaks shows.
    pub fn add_peaks(&mut self, samples: Samples, judgement: Judgement) {
        match judgement.verdict {
            Verdict::Grows => {
                (self.trend, self.reason) = (Trend::GrowsWith, None);
                // The lines that hold the peak.
                self.samples.windows = samples.windows;
                self.judgement.sites = judgement.sites;
            }
            Verdict::Inconclusive
                if !matches!(self.trend, Trend::Inconclusive | Trend::Leaks) =>
            {
                let stays = judgement.line.slope > judgement.detection_limit;
                let why = if stays {
                    "memory stays when a peak is over"
                } else {
                    "the peak grows in part; try values that are further apart"
                };
                self.trend = Trend::Inconclusive;
                self.reason = samples.unjudged.or_else(|| Some(why.to_owned()));
            }
            _ => {}
        }
    }
}

/// Scenario of a request about which nothing is known: any response is expected, and call
/// stacks are recorded.
pub fn scenario(requests: u64, concurrency: usize) -> Scenario {
    Scenario {
        growth: Growth::Slope { min_leak_bytes: 0.0 },
        sizes: Vec::new(),
        expected: Verdict::Flat,
        rounds: ROUNDS,
        requests,
        warm_up: requests,
        window_requests: requests / 2,
        concurrency,
        quick: false,
        windows: true,
        jitter_bytes: None,
        metrics: &[],
        expected_sites: &[],
        in_app: None,
        may_refuse: true,
        may_fail: true,
    }
}

/// Measures the requests of a load. The scenario says how long the first stage is, if the
/// bounds allow it.
///
/// # Errors
/// The service does not answer, or [`Load::prepare`] failed.
pub async fn measure<I: Instrument, L: Load>(
    instrument: &I,
    origin: Origin,
    load: &L,
    scenario: &Scenario,
    bounds: &Bounds,
    step: &(dyn Fn(&str) + Sync),
) -> Result<Found> {
    let watch = Watch::start();
    step("warm up");
    let before = instrument.at_rest().await?;
    let resident_before = before.resident_bytes;
    let mut scenario = scenario.clone();
    scenario.requests = scenario.requests.max(requests_needed(&scenario));
    let session = Session::new(instrument, origin, load, &scenario);
    let mut attempts = Attempts::new(&session, step);
    let began = Instant::now();
    attempts.warm_up().await?;
    let rest = instrument.at_rest().await?;
    let each = Use::of(&before, &rest, scenario.warm_up, began.elapsed());
    let most = bounds.requests(&each, &rest) / scenario.rounds as f64;
    let (next, wanted) = (attempts.next, scenario.requests as f64);
    scenario.requests = wanted.min(most.max(REQUESTS_MIN)) as u64;
    let mut staged = Staged { bounds, next, rest, stages: Vec::new(), requests: 0 };
    loop {
        let session = Session::new(instrument, origin, load, &scenario);
        let mut attempts = Attempts::new(&session, step);
        attempts.next = staged.next;
        let (mut samples, longer) = staged.stage(&mut attempts).await?;
        let may_go_on = longer >= LONGER_MIN * scenario.requests as f64;
        let reasoned = match samples.unjudged.clone() {
            Some(why) => Some((Trend::Inconclusive, Some(why))),
            None => trend(&staged.stages, may_go_on),
        };
        let Some(mut reasoned) = reasoned else {
            scenario.requests = longer as u64;
            continue;
        };
        let leaks = reasoned.0 == Trend::Leaks;
        if leaks && staged.gives_back(&mut attempts).await? {
            let idle = humantime::format_duration(bounds.idle);
            let why =
                format!("the memory was given back after {idle} without requests");
            reasoned = (Trend::Plateau, Some(why));
        } else if leaks && scenario.windows {
            staged.windows(&mut attempts, &mut samples).await?;
        }
        samples.resident_before = resident_before;
        samples.pressure = watch.pressure();
        samples.pressure.repeated.clone_from(&attempts.repeated);
        let mut judgement = judge(&samples, &scenario);
        judgement.line = staged.last()?.line_with_tables();
        let (trend, reason) = reasoned;
        let (requests, requests_in_all) = (scenario.requests, staged.requests);
        return Ok(Found {
            trend,
            reason,
            judgement,
            samples,
            requests,
            requests_in_all,
        });
    }
}

/// The stages so far.
struct Staged<'a> {
    bounds: &'a Bounds,
    /// Number of the next round.
    next: u64,
    /// The last reading at rest.
    rest: Reading,
    stages: Vec<Stage>,
    /// Requests in all rounds.
    requests: u64,
}

impl Staged<'_> {
    /// Sends the next stage: what was read, and the requests in a round of the one after
    /// it.
    async fn stage<I: Instrument, L: Load>(
        &mut self,
        attempts: &mut Attempts<'_, I, L>,
    ) -> Result<(Samples, f64)> {
        let scenario = attempts.scenario();
        let began = Instant::now();
        let samples = attempts.sampled_rounds().await?;
        let sent = scenario.requests * scenario.rounds;
        let rest = samples.readings.last().cloned().unwrap_or_default();
        let each = Use::of(&self.rest, &rest, sent, began.elapsed());
        self.stages.push(Stage::of(self.rest.live_bytes, &samples, scenario));
        let most = self.bounds.requests(&each, &rest) / scenario.rounds as f64;
        (self.next, self.rest) = (attempts.next, rest);
        self.requests += sent;
        let left = STAGES_MAX.saturating_sub(self.stages.len()) as i32;
        let last = LONGEST.powi(left) * sent as f64 * each.seconds;
        let clear = self.last()?.grows() && last > LAST_STAGE;
        let longer = if clear { LONGER } else { LONGEST };
        Ok((samples, most.min(longer * scenario.requests as f64)))
    }

    fn last(&self) -> Result<&Stage> {
        self.stages.last().context("no stage was measured")
    }

    /// Whether the growth is gone after the idle time.
    async fn gives_back<I: Instrument, L: Load>(
        &self,
        attempts: &mut Attempts<'_, I, L>,
    ) -> Result<bool> {
        if self.bounds.idle.is_zero() {
            return Ok(false);
        }
        tokio::time::sleep(self.bounds.idle).await;
        // What has expired may be removed by the next requests only.
        let live_bytes = attempts.send(IDLE_REQUESTS).await?.live_bytes;
        let given = self.rest.live_bytes as f64 - live_bytes as f64;
        Ok(given > GIVEN_BACK * self.last()?.growth())
    }

    /// Records call stacks. Where only a table grows, it may have done so between the
    /// windows: it doubles in one that has as many requests as all rounds.
    async fn windows<I: Instrument, L: Load>(
        &self,
        attempts: &mut Attempts<'_, I, L>,
        samples: &mut Samples,
    ) -> Result<()> {
        let last = self.last()?;
        let slope = last.line_with_tables().slope;
        let [first, mut second] = attempts.batches_of_windows();
        attempts.windows([first], samples).await?;
        // Recording makes some requests ten times slower.
        let each = attempts.recorded.as_secs_f64() / first.requests as f64;
        let within = |seconds: f64| self.requests.min((seconds / each) as u64);
        let clear = (CLEAR_BYTES / slope) as u64;
        second.requests = second.requests.max(clear.min(within(CLEAR_WITHIN)));
        attempts.windows([second], samples).await?;
        let least = WINDOW_SHOWS * slope;
        let shows = |window: &Window| window.bytes_per_request() >= least;
        if last.only_doubles() && !samples.windows.iter().all(shows) {
            let longest = Batch { requests: within(DOUBLES_WITHIN), ..second };
            samples.windows.pop();
            attempts.windows([longest], samples).await?;
        }
        Ok(())
    }
}

/// What each request of a stage used up, on average.
struct Use {
    growth_bytes: f64,
    open_files: f64,
    threads: f64,
    seconds: f64,
}

impl Use {
    fn of(before: &Reading, after: &Reading, requests: u64, took: Duration) -> Self {
        let each = |before: Option<u64>, after: Option<u64>| {
            let rise = after.unwrap_or(0).saturating_sub(before.unwrap_or(0));
            rise as f64 / requests.max(1) as f64
        };
        Self {
            growth_bytes: each(Some(before.live_bytes), Some(after.live_bytes)),
            open_files: each(before.open_files, after.open_files),
            threads: each(threads(before), threads(after)),
            seconds: took.as_secs_f64() / requests.max(1) as f64,
        }
    }
}

fn threads(reading: &Reading) -> Option<u64> {
    reading.gauges.get(THREADS).copied()
}

impl Bounds {
    /// Requests that a stage may have if each goes on to use so much.
    fn requests(&self, each: &Use, now: &Reading) -> f64 {
        let left = |most: u64, now: Option<u64>| {
            most.saturating_sub(now.unwrap_or(0)) as f64
        };
        [
            self.growth_bytes as f64 / each.growth_bytes,
            left(self.open_files, now.open_files) / each.open_files,
            left(self.threads, threads(now)) / each.threads,
            self.stage.as_secs_f64() / each.seconds,
        ]
        .into_iter()
        // 0 / 0 where nothing is left and nothing is used.
        .filter(|requests| !requests.is_nan())
        .fold(f64::INFINITY, f64::min)
    }
}
