//! A running service and what is sent to it: a warm-up, and rounds with a reading at rest
//! after each. What is disturbed from outside is sent again, with new keys.

use crate::disturbance;
use crate::instrument::Instrument;
use crate::pressure::{Pressure, Watch};
use crate::samples::Samples;
use crate::scenario::{Scale, Scenario};
use crate::statistics::median_of;
use anyhow::Result;
use heap::Reading;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::mem::replace;
use std::ops::Range;
use std::time::Duration;
use workload::client::HttpError;
use workload::round::to_the_end;
use workload::{
    ClientBehavior, Digest, Origin, Requests, Round, RoundError, RoundStats,
};

/// The warm-up has this many times the concurrency of the rounds, so that connection
/// pools have spare connections. Without them, one more connection may open in a later
/// round, which is 44 KB.
const WARM_UP: usize = 3;

/// How often it is measured what a connection leaves; the median counts. A table may
/// double or a buffer move meanwhile.
const CONNECTION_REPEATS: usize = 3;

/// The step, the last of an attempt, in which dhat records call stacks.
pub const CALL_STACKS: &str = "call stacks";

/// The requests to measure with, and what they need.
pub trait Load {
    /// The requests of a round at this size of input. Requests that must use distinct
    /// keys use distinct ones in every round.
    fn requests(&self, round: u64, size: u64) -> Requests;
    /// How the clients take their responses, where a request doesn't say.
    fn client(&self) -> ClientBehavior {
        ClientBehavior::Reads
    }
    /// Requests that start in each second, where they don't wait for responses.
    fn offered_per_second(&self) -> Option<u64> {
        None
    }
    /// Prepares what the requests of these rounds ask for, such as their data.
    fn prepare(&self, _: Range<u64>) -> impl Future<Output = Result<()>> {
        ready(Ok(()))
    }
    /// Called before the load of a size is sent, and with `None` after it. A load may
    /// change what surrounds the service, such as the faults of its database.
    fn set_size(&self, _: Option<u64>) {}
}

/// A running service and what is sent to it.
pub struct Session<'a, I, L> {
    origin: Origin,
    /// Reads the memory of the service.
    pub heap: &'a I,
    load: &'a L,
    pub(crate) scenario: Scenario,
    /// Responses after which the rest of a round is not sent.
    pub(crate) ends_at: fn(u16, bool) -> bool,
    pub(crate) step: &'a (dyn Fn(&str) + Sync),
    watch: Watch,
    resident_before: Option<u64>,
    /// Physical memory before the first peak.
    pub(crate) base: Option<u64>,
    /// Number of the next round.
    next: u64,
    /// The data of the rounds before this one is prepared.
    prepared: u64,
    /// What was sent again, and why.
    repeated: Vec<String>,
    /// How much of it in this attempt.
    repeats: u32,
    longest_pause: Duration,
    /// The shortest of the rounds' longest pauses.
    usual_pause: Duration,
    /// Time in which the last window was served.
    pub(crate) recorded: Duration,
    /// Responses of the undisturbed rounds.
    responses: BTreeMap<u64, Vec<Digest>>,
}

/// Requests of one round, at a size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch {
    pub(crate) round: u64,
    pub(crate) requests: u64,
    pub(crate) size: u64,
    pub(crate) concurrency: usize,
    /// Whether the faults that belong to its size apply.
    pub(crate) faults: bool,
}

/// Why there is no verdict: what was disturbed, and how.
pub(crate) type Unjudged = String;

impl<'a, I: Instrument, L: Load> Session<'a, I, L> {
    /// Nothing is sent yet. `step` is called with the name of each step.
    pub fn new(
        heap: &'a I,
        origin: Origin,
        load: &'a L,
        scenario: &Scenario,
        step: &'a (dyn Fn(&str) + Sync),
    ) -> Self {
        Self {
            origin,
            heap,
            load,
            scenario: scenario.clone(),
            ends_at: to_the_end,
            step,
            watch: Watch::start(),
            resident_before: None,
            base: None,
            next: 1,
            prepared: 1,
            repeated: Vec::new(),
            repeats: 0,
            longest_pause: Duration::ZERO,
            usual_pause: Duration::MAX,
            recorded: Duration::ZERO,
            responses: BTreeMap::new(),
        }
    }

    /// Fills connection pools, lazy statics and bounded caches; what was read before.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn warm_up(&mut self) -> Result<Reading> {
        (self.step)("warm up");
        let before = self.heap.at_rest().await?;
        self.resident_before = before.resident_bytes;
        let requests = self.scenario.warm_up;
        let concurrency = self.scenario.concurrency * WARM_UP;
        let first = Batch { requests, concurrency, ..self.batch_of_round(0) };
        // Connections and buffers for the largest load. Physical memory would stay.
        let largest = self.scenario.sizes.last().filter(|_| self.heap.has_windows());
        let largest = largest.map(|&size| self.batch_of(size));
        // With more connections than a round, some refusals are normal.
        let ends_at = replace(&mut self.ends_at, to_the_end);
        for batch in [first].into_iter().chain(largest) {
            loop {
                let stats = self.send_or_notice(batch).await?;
                self.usual_pause = self.usual_pause.min(stats.longest_pause);
                let Some(why) = stats.ended_at else { break };
                // The rounds show whether it was enough.
                if self.repeat("the warm-up", why).await.is_err() {
                    break;
                }
            }
        }
        self.ends_at = ends_at;
        self.heap.counters_at_rest().await?;
        self.heap.reset_peak().await?;
        Ok(before)
    }

    /// Sends a round.
    pub async fn round(&self, round: u64) -> Result<RoundStats> {
        Ok(self.send(self.batch_of_round(round)).await?)
    }

    fn batch_of_round(&self, round: u64) -> Batch {
        let Scenario { requests, concurrency, .. } = self.scenario;
        let size = self.scenario.smallest();
        Batch { round, requests, size, concurrency, faults: false }
    }

    /// Sends the load of a size; the number of its requests.
    pub async fn load_of_size(&self, size: u64) -> Result<u64> {
        let batch = self.batch_of(size);
        self.send(batch).await?;
        Ok(batch.requests)
    }

    /// What shows the peak of a size: that many concurrent requests, or one request.
    pub(crate) fn batch_of(&self, size: u64) -> Batch {
        let requests = match self.scenario.growth.scale() {
            Some(Scale::Requests) => size,
            _ => 1,
        };
        let concurrency = requests as usize;
        Batch { round: 0, requests, size, concurrency, faults: true }
    }

    /// What each window sends; the rounds are numbered later.
    pub(crate) fn batches_of_windows(&self) -> [Batch; 2] {
        if let [smallest, larger, ..] = self.scenario.sizes[..] {
            return [self.batch_of(smallest), self.batch_of(larger)];
        }
        let all = self.scenario.requests;
        let requests = self.scenario.window_requests.min(all / 2).max(1);
        let of = |requests| Batch { requests, ..self.batch_of_round(0) };
        [of(requests), of((2 * requests).min(all))]
    }

    /// Sends the rounds; a reading at rest after each.
    pub(crate) async fn sampled_rounds(&mut self) -> Result<Samples> {
        self.repeats = 0;
        // All rounds and windows use different keys.
        self.prepare(self.next + self.scenario.rounds + 2).await?;
        let (rounds, unjudged) = self.rounds().await?;
        let mut samples = Samples { unjudged, ..Samples::default() };
        let mut medians = Vec::new();
        for (stats, reading) in rounds {
            samples.readings.push(reading);
            if !stats.latency_us.is_empty() {
                medians.push(stats.latency_us.value_at_quantile(0.5));
            }
            samples.stats.merge(stats);
        }
        samples.best_median_us = medians.into_iter().min().unwrap_or(u64::MAX);
        samples.responses.clone_from(&self.responses);
        Ok(samples)
    }

    /// Adds what surrounded the measurement.
    pub(crate) fn complete(&self, samples: &mut Samples) {
        samples.resident_before = self.resident_before;
        samples.pressure = Pressure {
            longest_pause_seconds: self.longest_pause.as_secs_f64(),
            repeated: self.repeated.clone(),
            ..self.watch.pressure()
        };
    }

    /// Sends a few requests; what came back, and the counters at rest.
    pub(crate) async fn send_some(
        &mut self,
        requests: u64,
    ) -> Result<(RoundStats, Reading)> {
        let round = self.number().await?;
        let concurrency = self.scenario.concurrency.min(requests as usize);
        let batch = Batch { requests, concurrency, ..self.batch_of_round(round) };
        let stats = self.send_or_notice(batch).await?;
        Ok((stats, self.heap.counters_at_rest().await?))
    }

    /// Bytes that a connection leaves: what more is left if the same number of requests
    /// has a connection each and not one for two. The warm-up had as many at once.
    pub(crate) async fn left_by_connection(&mut self) -> Result<f64> {
        let requests = self.scenario.concurrency * WARM_UP;
        let fewer = requests / 2;
        let (mut each, mut before) = (Vec::new(), 0.0);
        for _ in 0..CONNECTION_REPEATS {
            let mut grew = [0.0; 2];
            // Not with one, which needs no buffers of a second worker.
            for (grew, concurrency) in grew.iter_mut().zip([fewer, requests]) {
                // After the first of two, buffers are as after the second.
                for _ in 0..2 {
                    let round = self.number().await?;
                    let requests = requests as u64;
                    let batch = self.batch_of_round(round);
                    self.send_or_notice(Batch { requests, concurrency, ..batch })
                        .await?;
                    let live = self.heap.counters_at_rest().await?.live_bytes as f64;
                    *grew = live - replace(&mut before, live);
                }
            }
            each.push((grew[1] - grew[0]) / (requests - fewer) as f64);
        }
        Ok(median_of(&each).unwrap_or(0.0))
    }

    /// As many consecutive rounds as the scenario has, undisturbed; otherwise the last
    /// ones, and why they are not judged.
    async fn rounds(
        &mut self,
    ) -> Result<(Vec<(RoundStats, Reading)>, Option<Unjudged>)> {
        let rounds = self.scenario.rounds as usize;
        let (mut done, mut unjudged) = (Vec::new(), None);
        let mut undisturbed = 0;
        while undisturbed < rounds && unjudged.is_none() {
            (self.step)(&format!("round {}/{rounds}", undisturbed + 1));
            let round = self.number().await?;
            let batch = self.batch_of_round(round);
            let stats = self.send_or_notice(batch).await?;
            let reading = self.heap.at_rest().await?;
            let pause = stats.longest_pause;
            self.longest_pause = self.longest_pause.max(pause);
            self.usual_pause = self.usual_pause.min(pause);
            undisturbed += 1;
            let disturbed = stats.ended_at.clone();
            match disturbed.or_else(|| disturbance::stop(pause, self.usual_pause)) {
                None => drop(self.responses.insert(round, stats.parts.clone())),
                Some(why) => {
                    undisturbed = 0;
                    let what = format!("round {round}");
                    unjudged = self.repeat(&what, why).await.err();
                }
            }
            done.push((stats, reading));
        }
        Ok((done.split_off(done.len().saturating_sub(rounds)), unjudged))
    }

    /// The number of the next round, whose data is prepared.
    pub(crate) async fn number(&mut self) -> Result<u64> {
        self.prepare(self.next + 1).await?;
        self.next += 1;
        Ok(self.next - 1)
    }

    async fn prepare(&mut self, end: u64) -> Result<()> {
        if end > self.prepared {
            self.load.prepare(self.prepared..end).await?;
            self.prepared = end;
        }
        Ok(())
    }

    /// Notes what was disturbed and waits before it is sent again, each time longer. As
    /// an error: why there is no verdict, once that was done often enough.
    pub(crate) async fn repeat(
        &mut self,
        what: &str,
        why: String,
    ) -> Result<(), Unjudged> {
        self.repeated.push(format!("{what} ({why})"));
        self.repeats += 1;
        if self.repeats > disturbance::REPEATS_MAX {
            let repeats = disturbance::REPEATS_MAX;
            return Err(format!(
                "{what} met {why}, and so did {repeats} loads before"
            ));
        }
        tokio::time::sleep(disturbance::wait(self.repeats)).await;
        Ok(())
    }

    async fn send(&self, batch: Batch) -> Result<RoundStats, RoundError> {
        let Batch { round, requests, size, concurrency, faults } = batch;
        if faults {
            self.load.set_size(Some(size));
        }
        let round = Round {
            number: round,
            requests: self.load.requests(round, size),
            count: requests,
            concurrency,
            offered_per_second: self.load.offered_per_second(),
            client: self.load.client(),
            ends_at: self.ends_at,
        };
        let sent = round.run(self.origin).await;
        if faults {
            self.load.set_size(None);
        }
        sent
    }

    /// Sends a batch. If it ended early, it says more about the machine than about the
    /// service. So it is where the service broke a connection and still answers; one that
    /// does not answer has failed.
    pub(crate) async fn send_or_notice(&self, batch: Batch) -> Result<RoundStats> {
        let error = match self.send(batch).await {
            Err(error) if !matches!(error.source, HttpError::Timeout) => error,
            sent => return Ok(sent?),
        };
        if self.heap.counters().await.is_err() {
            return Err(error.into());
        }
        let ended_at = Some(format!("{:#}", anyhow::Error::from(error)));
        Ok(RoundStats { ended_at, ..RoundStats::default() })
    }
}
