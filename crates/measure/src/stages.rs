//! Measures requests about which nothing is known: in stages, longer ones where there is
//! time, until growth has stopped or goes on.

use crate::bounds::{Bounds, Use};
use crate::instrument::Instrument;
use crate::judge::trend::{
    GIVEN_BACK, LONGER_MIN, Reasoned, STAGES_MAX, Stage, Trend, may_follow_rounds,
    trend,
};
use crate::judge::{
    Judgement, MetricSlope, SHARE_MIN, SiteGrowth, WINDOWS_SHOW, judge,
    requests_needed, rises, show, sites, within_slope,
};
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
/// A stage of about the same length shows what freed memory has hidden, and whether steps
/// go on.
const SAME_LENGTH: f64 = 0.8;
/// Requests in a round of a service that is slow, or that grows by much.
const REQUESTS_MIN: f64 = 10.0;
/// The second window of a small leak has more requests, so that it grows by this much:
/// several times the buffers of a few connections.
const CLEAR_BYTES: f64 = 512_000.0;
/// Seconds that it may take for that, and for a table that should double meanwhile: a
/// text or a vector without other entries shows only when it moves.
const CLEAR_WITHIN: f64 = 6.0;
const DOUBLES_WITHIN: f64 = 12.0;
/// Requests after an idle time: enough for a cache that removes a few expired entries at
/// a time, and too few to grow by much.
const IDLE_REQUESTS: u64 = 50;
/// Single requests of a status that are needed: with five, one in which a table doubles
/// or a buffer moves is not the median.
const OF_STATUS_MIN: usize = 5;
/// Memory that grows at this share of its rate while nothing is sent grows by itself,
/// unless its rate has risen by more than this factor: requests start what allocates.
const BY_ITSELF: f64 = 0.5;
const FASTER: f64 = 1.5;
/// Time without requests that shows it: ten times what a service takes to come to rest.
const QUIET: Duration = Duration::from_millis(300);
/// Fewer bytes are not what a connection leaves, but chance.
const CONNECTION_MIN: f64 = 16.0;

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
    /// Whether something else leaks, and the memory does not, as far as is known.
    pub fn leaks_beside(&self) -> bool {
        let grows = matches!(self.trend, Trend::Leaks | Trend::GrowsWith);
        !grows && self.samples.unjudged.is_none() && leak_beside(&self.metrics)
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
        // A map with an entry for each request doubles at 14,336, soon after the stages of
        // a slow service: the first window must end before.
        window_requests: requests / 4,
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
    let (stages, rates, left) = (Vec::new(), Vec::new(), f64::INFINITY);
    let mut staged = Staged { session, bounds, rest, stages, rates, sent: 0, left };
    loop {
        let (samples, longer) = staged.stage().await?;
        let requests = staged.session.scenario.requests as f64;
        let last = staged.last()?;
        let again = last.drains() || last.grows_in_steps();
        let least = if again { SAME_LENGTH } else { LONGER_MIN };
        let may_go_on =
            longer >= least * requests && staged.stages.len() < STAGES_MAX;
        let found = match samples.unjudged.clone() {
            Some(why) => Some((Trend::Inconclusive, Some(why))),
            None => trend(&staged.stages, may_go_on),
        };
        let rises = rises(&samples.readings, requests);
        // A pool or a cache of files may fill, too.
        match found.filter(|found| {
            !may_go_on || !found.0.is_still() || !leak_beside(&rises)
        }) {
            Some(found) => {
                let found = staged.without_connections(found).await?;
                let found = staged.without_time(found).await?;
                return staged.found(samples, found, rises).await;
            }
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
    /// Bytes per second by which each has grown.
    rates: Vec<f64>,
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
        self.rates.push(self.last()?.growth() / began.elapsed().as_secs_f64());
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

    /// The trend, unless memory grows as fast while nothing is sent: in rounds alike, it
    /// looks like a leak or, by requests, like a cache that fills.
    async fn without_time(&self, found: Reasoned) -> Result<Reasoned> {
        let heap = self.session.heap;
        let rate = self.rates.last().copied().unwrap_or(0.0);
        let is_faster = self.rates.iter().any(|first| rate > FASTER * first);
        if !self.last()?.grows() || rate <= 0.0 || is_faster || !heap.has_windows() {
            return Ok(found);
        }
        let before = heap.counters().await?.live_bytes as f64;
        tokio::time::sleep(QUIET).await;
        let grew = heap.counters().await?.live_bytes as f64 - before;
        let by_itself = grew / QUIET.as_secs_f64();
        if by_itself < BY_ITSELF * rate {
            return Ok(found);
        }
        let why = format!(
            "memory grows by {by_itself:.0} B in each second without requests, too, which \
             hides what they leave; find what else the service does"
        );
        Ok((Trend::Inconclusive, Some(why)))
    }

    /// The trend without what each round leaves because it opens connections, if it does:
    /// such a leak looks like one of each request that slows down.
    async fn without_connections(&mut self, found: Reasoned) -> Result<Reasoned> {
        if found.0.is_still()
            || self.last()?.line.slope <= 0.0
            || !self.session.heap.has_windows()
            || !may_follow_rounds(&self.stages)
        {
            return Ok(found);
        }
        let each = self.session.left_by_connection().await?;
        if each < CONNECTION_MIN {
            return Ok(found);
        }
        let connections = self.session.scenario.concurrency as f64;
        self.stages.iter_mut().for_each(|stage| stage.without(each * connections));
        let (trend, reason) = trend(&self.stages, false).unwrap_or(found);
        let connections = format!(
            "each connection leaves about {each:.0} B, whatever is asked for; measure \
             it with # @connection each"
        );
        Ok((trend, reason.or(Some(connections))))
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
            let rest = self.session.heap.counters_at_rest().await?;
            if self.is_given_back(&rest)? {
                trend = Trend::Plateau;
                reason = Some(
                    "the memory was given back while call stacks were recorded"
                        .to_owned(),
                );
            }
        }
        self.session.complete(&mut samples);
        let scenario = &self.session.scenario;
        let mut judgement = judge(&samples, scenario);
        let last = self.last()?;
        judgement.line = last.line_with_tables();
        judgement.detection_limit = last.limit;
        let slope = judgement.line.slope;
        let shown = within_slope(&mut judgement.sites, slope);
        if trend == Trend::Leaks && scenario.windows && shown < WINDOWS_SHOW * slope
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
        self.is_given_back(&rest)
    }

    fn is_given_back(&self, now: &Reading) -> Result<bool> {
        let given = self.rest.live_bytes as f64 - now.live_bytes as f64;
        Ok(given > GIVEN_BACK * self.last()?.growth())
    }

    /// Records call stacks. A table that doubled in the first window, or before it, hides
    /// the growth, or the in-app line that keeps what a library allocates; then the first
    /// window is replaced by a third one, which is as long as can be.
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
        // A vector of what libraries allocate shows when it doubles.
        let in_app = |site: &SiteGrowth| {
            site.in_app_frame.is_some() && site.bytes_per_request > SHARE_MIN * slope
        };
        let shown = show(&grown, slope) && grown.iter().any(in_app);
        if !shown && longest.requests > second.requests {
            samples.windows.remove(0);
            self.session.windows([longest], samples).await?;
        }
        Ok(())
    }
}
