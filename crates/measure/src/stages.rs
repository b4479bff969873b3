//! Measures requests about which nothing is known: in stages, each longer than all
//! before it, until growth has stopped or goes on.

use crate::instrument::Instrument;
use crate::judge::trend::{GIVEN_BACK, Reasoned, STAGES_MAX, Stage, Trend, trend};
use crate::judge::{
    Judgement, MetricSlope, SiteGrowth, judge, requests_needed, rises, sites,
};
use crate::outside::THREADS;
use crate::samples::Samples;
use crate::scenario::{Growth, Scenario, Verdict};
use crate::session::{Batch, Load, Session};
use crate::statistics::median_of;
use anyhow::{Context, Result};
use heap::Reading;
use std::collections::BTreeMap;
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
const CLEAR_WITHIN: f64 = 6.0;
const DOUBLES_WITHIN: f64 = 12.0;
/// Requests after an idle time: enough for a cache that removes a few expired entries at
/// a time, and too few to grow by much.
const IDLE_REQUESTS: u64 = 50;
/// So many single requests of a status are enough: one in which a table doubles or a
/// buffer moves is no median.
const OF_STATUS_MIN: usize = 5;
/// A stage uses at most this share of the files and threads that are left: singles and
/// call stacks need the rest.
const STAGE_SHARE: f64 = 0.9;
/// A site that gained at most so many blocks has a table that grew, and no entries.
const TABLE_BLOCKS: i64 = 2;
/// It holds at least this share: its line is one of those to look at.
const TABLE_SHARE: f64 = 0.05;
/// Windows whose difference is less than this share of the growth don't show it.
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
    /// Time for single requests that show what each status leaves; zero to send none.
    pub by_status: Duration,
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
    /// What else rises with the requests.
    pub metrics: Vec<MetricSlope>,
    /// Bytes that one response leaves, by its status, if memory leaks and there are
    /// several.
    pub bytes_by_status: BTreeMap<u16, f64>,
}

impl Found {
    /// Whether the memory is still and something else leaks.
    pub fn leaks_beside(&self) -> bool {
        self.trend.is_still() && leak_beside(&self.metrics)
    }

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
        rounds: ROUNDS,
        requests,
        warm_up: requests,
        window_requests: requests / 2,
        concurrency,
        may_refuse: true,
        may_fail: true,
        ..Scenario::new(Growth::Slope { min_leak_bytes: 0.0 }, Verdict::Flat)
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
    let mut session = Session::new(instrument, origin, load, scenario, step);
    let began = Instant::now();
    let before = session.warm_up().await?;
    let took = began.elapsed();
    let rest = instrument.at_rest().await?;
    let each = Use::of(&before, &rest, scenario.warm_up, took);
    let most = bounds.requests(&each, &rest) / scenario.rounds as f64;
    let wanted = scenario.requests.max(requests_needed(scenario)) as f64;
    session.scenario.requests = wanted.min(most.max(REQUESTS_MIN)) as u64;
    let (stages, left) = (Vec::new(), f64::INFINITY);
    let mut staged = Staged { session, bounds, rest, stages, sent: 0, left };
    loop {
        let (samples, longer) = staged.stage().await?;
        let requests = staged.session.scenario.requests as f64;
        let may_go_on =
            longer >= LONGER_MIN * requests && staged.stages.len() < STAGES_MAX;
        let found = match samples.unjudged.clone() {
            Some(why) => Some((Trend::Inconclusive, Some(why))),
            None => trend(&staged.stages, may_go_on),
        };
        let rises = rises(&samples.readings, requests);
        // A pool or a cache of files may fill, too.
        match found.filter(|found| {
            !may_go_on || !found.0.is_still() || !leak_beside(&rises)
        }) {
            Some(found) => return staged.found(samples, found, rises).await,
            None => staged.session.scenario.requests = longer as u64,
        }
    }
}

/// Whether something else leaks than memory.
fn leak_beside(rises: &[MetricSlope]) -> bool {
    rises.iter().any(MetricSlope::is_counted)
}

/// The stages so far.
struct Staged<'a, I, L> {
    session: Session<'a, I, L>,
    bounds: &'a Bounds,
    /// The last reading at rest.
    rest: Reading,
    stages: Vec<Stage>,
    /// Requests in all rounds.
    sent: u64,
    /// Requests after which the service has too many files or threads.
    left: f64,
}

impl<I: Instrument, L: Load> Staged<'_, I, L> {
    /// Sends the next stage: what was read, and the requests in a round of the one after
    /// it.
    async fn stage(&mut self) -> Result<(Samples, f64)> {
        let began = Instant::now();
        let samples = self.session.sampled_rounds().await?;
        let scenario = &self.session.scenario;
        let sent = scenario.requests * scenario.rounds;
        let rest = samples.readings.last().cloned().unwrap_or_default();
        let each = Use::of(&self.rest, &rest, sent, began.elapsed());
        self.stages.push(Stage::of(self.rest.live_bytes, &samples, scenario));
        let most = self.bounds.requests(&each, &rest) / scenario.rounds as f64;
        let left = STAGES_MAX.saturating_sub(self.stages.len()) as i32;
        let last = LONGEST.powi(left) * sent as f64 * each.seconds;
        let clear = self.last()?.grows() && last > LAST_STAGE;
        let longer = if clear { LONGER } else { LONGEST } * scenario.requests as f64;
        self.left = self.bounds.handles(&each, &rest);
        (self.rest, self.sent) = (rest, self.sent + sent);
        Ok((samples, most.min(longer)))
    }

    fn last(&self) -> Result<&Stage> {
        self.stages.last().context("no stage was measured")
    }

    /// The result after the last stage. A leak is measured once more, for its lines.
    async fn found(
        mut self,
        mut samples: Samples,
        (mut trend, mut reason): Reasoned,
        metrics: Vec<MetricSlope>,
    ) -> Result<Found> {
        let mut bytes_by_status = BTreeMap::new();
        let leaks = trend == Trend::Leaks;
        if leaks && self.gives_back().await? {
            let idle = humantime::format_duration(self.bounds.idle);
            trend = Trend::Plateau;
            reason = Some(format!(
                "the memory was given back after {idle} without requests"
            ));
        } else if leaks && self.session.scenario.windows {
            bytes_by_status = self.by_status(&samples).await?;
            self.windows(&mut samples).await?;
        }
        self.session.complete(&mut samples);
        let scenario = &self.session.scenario;
        let mut judgement = judge(&samples, scenario);
        let last = self.last()?;
        judgement.line = last.line_with_tables();
        judgement.detection_limit = last.limit;
        let slope = judgement.line.slope;
        let shown = within_slope(&mut judgement.sites, slope);
        if trend == Trend::Leaks && scenario.windows && shown < WINDOW_SHOWS * slope
        {
            judgement.sites.clear();
            reason = Some(
                "no line is known: what grows was not allocated while call stacks were \
                 recorded, such as a vector that seldom doubles; raise --count"
                    .to_owned(),
            );
        }
        let (requests, requests_in_all) = (scenario.requests, self.sent);
        Ok(Found {
            trend,
            reason,
            judgement,
            samples,
            requests,
            requests_in_all,
            metrics,
            bytes_by_status,
        })
    }

    /// Sends single requests, and reads the memory after each: the median for every status
    /// that came often enough. Nothing if there is one only.
    async fn by_status(&mut self, samples: &Samples) -> Result<BTreeMap<u16, f64>> {
        let mut grew = BTreeMap::<u16, Vec<f64>>::new();
        let began = Instant::now();
        let several = samples.stats.statuses.len() > 1;
        let mut before = None;
        while several && began.elapsed() < self.bounds.by_status {
            let (stats, rest) = self.session.send_some(1).await?;
            let live = rest.live_bytes as f64;
            let status = stats.statuses.into_keys().next();
            if let Some((status, before)) = status.zip(before.replace(live)) {
                grew.entry(status).or_default().push(live - before);
            }
        }
        grew.retain(|_, grew| grew.len() >= OF_STATUS_MIN);
        let median =
            |(status, grew): (u16, Vec<f64>)| Some((status, median_of(&grew)?));
        Ok(grew.into_iter().filter_map(median).collect())
    }

    /// Whether the growth is gone after the idle time.
    async fn gives_back(&mut self) -> Result<bool> {
        if self.bounds.idle.is_zero() {
            return Ok(false);
        }
        tokio::time::sleep(self.bounds.idle).await;
        // What has expired may be removed by the next requests only.
        let rest = self.session.send_some(IDLE_REQUESTS).await?.1;
        let given = self.rest.live_bytes as f64 - rest.live_bytes as f64;
        Ok(given > GIVEN_BACK * self.last()?.growth())
    }

    /// Records call stacks. A table that doubled in the first window, or before it, hides
    /// the growth; then the first is replaced by a third one, which is as long as can be.
    async fn windows(&mut self, samples: &mut Samples) -> Result<()> {
        let slope = self.last()?.line_with_tables().slope;
        let [mut first, mut second] = self.session.batches_of_windows();
        first.requests = first.requests.min((self.left / 8.0) as u64).max(1);
        second.requests = 2 * first.requests;
        self.session.windows([first], samples).await?;
        // Recording makes some requests ten times slower.
        let each = self.session.recorded.as_secs_f64() / first.requests as f64;
        let most = self.sent.min((self.left / 2.0) as u64);
        let within = |seconds: f64| most.min((seconds / each) as u64);
        let clear = (CLEAR_BYTES / slope) as u64;
        second.requests = second.requests.max(clear.min(within(CLEAR_WITHIN)));
        let longest = Batch { requests: within(DOUBLES_WITHIN), ..second };
        self.session.windows([second], samples).await?;
        let grown = sites(samples, &self.session.scenario);
        if gained(grown.iter()) < WINDOW_SHOWS * slope
            && longest.requests > second.requests
        {
            samples.windows.remove(0);
            self.session.windows([longest], samples).await?;
        }
        Ok(())
    }
}

/// Bytes per request that these sites gained.
fn gained<'a>(sites: impl Iterator<Item = &'a SiteGrowth>) -> f64 {
    sites.map(|site| site.bytes_per_request.max(0.0)).sum()
}

/// Reduces what tables gained to what the entries leave of the slope: a table that doubled
/// in the window gained much at once. Returns what all sites gained then.
fn within_slope(sites: &mut [SiteGrowth], slope: f64) -> f64 {
    let is_table = |site: &SiteGrowth| site.blocks.abs() <= TABLE_BLOCKS;
    let entries = gained(sites.iter().filter(|site| !is_table(site)));
    let tables = gained(sites.iter().filter(|site| is_table(site)));
    let left = (slope - entries).max(TABLE_SHARE * slope);
    let scale = (left / tables).min(1.0);
    if tables > 0.0 && scale < 1.0 {
        for table in sites.iter_mut().filter(|site| is_table(site)) {
            table.bytes_per_request *= scale;
        }
        let all = gained(sites.iter()).max(f64::MIN_POSITIVE);
        for site in sites.iter_mut() {
            site.share = site.bytes_per_request / all;
        }
        sites.sort_by(|a, b| b.bytes_per_request.total_cmp(&a.bytes_per_request));
    }
    gained(sites.iter())
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
        least([
            self.growth_bytes as f64 / each.growth_bytes,
            STAGE_SHARE * self.handles(each, now),
            self.stage.as_secs_f64() / each.seconds,
        ])
    }

    /// Requests until the service has as many files and threads as it may.
    fn handles(&self, each: &Use, now: &Reading) -> f64 {
        let left = |most: u64, now: Option<u64>| {
            most.saturating_sub(now.unwrap_or(0)) as f64
        };
        least([
            left(self.open_files, now.open_files) / each.open_files,
            left(self.threads, threads(now)) / each.threads,
        ])
    }
}

/// The least of some numbers of requests; 0 / 0 where nothing is left and nothing is used.
fn least<const N: usize>(requests: [f64; N]) -> f64 {
    requests.into_iter().filter(|r| !r.is_nan()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(bytes_per_request: f64, blocks: i64) -> SiteGrowth {
        SiteGrowth {
            fingerprint: String::new(),
            share: 0.0,
            bytes_per_request,
            blocks,
            in_app_frame: None,
            expected_site: None,
            frames: Vec::new(),
        }
    }

    #[test]
    fn a_table_that_doubled_has_what_its_entries_leave_of_the_slope() {
        let mut sites = [site(883.0, 0), site(171.0, 400)];
        assert!((within_slope(&mut sites, 199.0) - 199.0).abs() < 1e-9);
        let shown =
            sites.each_ref().map(|site| site.bytes_per_request.round() as u64);
        assert_eq!(shown, [171, 28]);
        assert!((sites[0].share - 171.0 / 199.0).abs() < 1e-9);
        // Nothing but a table grows.
        let mut alone = [site(90.0, 1)];
        assert!((within_slope(&mut alone, 44.0) - 44.0).abs() < 1e-9);
        assert!((alone[0].share - 1.0).abs() < 1e-9);
        // It did not double meanwhile.
        assert!((within_slope(&mut [site(1.3, 12)], 44.0) - 1.3).abs() < 1e-9);
    }

    #[test]
    fn call_stacks_have_files_left_to_open() {
        let bounds = Bounds {
            open_files: 800,
            threads: 4_000,
            growth_bytes: 1 << 29,
            stage: Duration::from_secs(30),
            idle: Duration::ZERO,
            by_status: Duration::ZERO,
        };
        let each = Use {
            growth_bytes: 100.0,
            open_files: 1.0,
            threads: 0.0,
            seconds: 0.001,
        };
        let now = Reading { open_files: Some(300), ..Reading::default() };
        assert!((bounds.handles(&each, &now) - 500.0).abs() < 1e-9);
        assert!((bounds.requests(&each, &now) - 450.0).abs() < 1e-9);
    }
}
