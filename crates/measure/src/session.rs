//! A measurement of a running service: warm-up, rounds with a reading at rest after
//! each, peaks at several sizes, dhat windows last.

use crate::attempts::Attempts;
use crate::disturbance;
use crate::instrument::Instrument;
use crate::judge::{Judgement, judge};
use crate::pressure::Watch;
use crate::samples::Samples;
use crate::scenario::{Scale, Scenario};
use anyhow::Result;
use std::future::Future;
use std::ops::Range;
use workload::client::HttpError;
use workload::round::to_the_end;
use workload::{ClientBehavior, Origin, Requests, Round, RoundError, RoundStats};

/// Attempts before INCONCLUSIVE is the verdict. In a healthy service the noise comes
/// from connection pools that still grow. Each attempt fills them further, and a leak
/// shows in every attempt.
const ATTEMPTS_MAX: u64 = 3;

/// The warm-up has this many times the concurrency of the rounds, so that connection
/// pools have spare connections. Without them, one more connection may open in a later
/// round, which is 44 KB.
const WARM_UP: usize = 3;

/// The requests to measure with, and what they need.
pub trait Load {
    /// The requests of a round at this size of input. Requests that must use distinct
    /// keys use distinct ones in every round.
    fn requests(&self, round: u64, size: u64) -> Requests;
    /// How the clients take their responses.
    fn client(&self) -> ClientBehavior;
    /// Requests that start in each second, where they don't wait for responses.
    fn offered_per_second(&self) -> Option<u64> {
        None
    }
    /// Prepares what the requests of these rounds ask for, such as their data.
    fn prepare(&self, rounds: Range<u64>) -> impl Future<Output = Result<()>>;
    /// Called before the load of a size is sent, and with `None` after it. A load may
    /// change what surrounds the service, such as the faults of its database.
    fn set_size(&self, size: Option<u64>);
}

/// Measures a running service with an instrument until an attempt is conclusive. `step`
/// is called with the name of each step, for a progress bar.
///
/// # Errors
/// The service does not answer, or [`Load::prepare`] failed.
pub async fn measure<I: Instrument, L: Load>(
    heap: &I,
    origin: Origin,
    load: &L,
    scenario: &Scenario,
    step: &(dyn Fn(&str) + Sync),
) -> Result<(Samples, Judgement)> {
    let watch = Watch::start();
    let ends_at = disturbance::ends_at(scenario);
    let session = Session { ends_at, ..Session::new(heap, origin, load, scenario) };
    step("warm up");
    let resident_before = session.heap.at_rest().await?.resident_bytes;
    let mut attempts = Attempts::new(&session, step);
    attempts.warm_up().await?;
    for attempt in 1.. {
        let mut samples = attempts.measure().await?;
        samples.attempt = attempt;
        samples.resident_before = resident_before;
        samples.pressure = watch.pressure();
        samples.pressure.longest_pause_seconds =
            attempts.longest_pause.as_secs_f64();
        samples.pressure.repeated.clone_from(&attempts.repeated);
        let judgement = judge(&samples, scenario);
        // An attempt without a verdict has been repeated often enough already.
        let disturbed = samples.unjudged.is_some();
        if judgement.is_conclusive(scenario) || disturbed || attempt == ATTEMPTS_MAX
        {
            return Ok((samples, judgement));
        }
    }
    unreachable!("the loop returns at the last attempt")
}

/// A running service and what is sent to it.
#[derive(Debug)]
pub struct Session<'a, I, L> {
    pub(crate) origin: Origin,
    /// Reads the memory of the service.
    pub heap: &'a I,
    pub(crate) load: &'a L,
    pub(crate) scenario: &'a Scenario,
    /// Responses after which the rest of a round is not sent.
    pub(crate) ends_at: fn(u16, bool) -> bool,
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

impl<'a, I: Instrument, L: Load> Session<'a, I, L> {
    /// Nothing is sent yet.
    pub fn new(
        heap: &'a I,
        origin: Origin,
        load: &'a L,
        scenario: &'a Scenario,
    ) -> Self {
        Self { origin, heap, load, scenario, ends_at: to_the_end }
    }

    /// Fills connection pools, lazy statics and bounded caches.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn warm_up(&self) -> Result<()> {
        for batch in self.warm_up_batches() {
            self.send(batch).await?;
        }
        self.heap.counters_at_rest().await?;
        self.heap.reset_peak().await
    }

    pub(crate) fn warm_up_batches(&self) -> impl Iterator<Item = Batch> + use<I, L> {
        let first = Batch {
            round: 0,
            requests: self.scenario.warm_up,
            size: self.scenario.smallest(),
            concurrency: self.scenario.concurrency * WARM_UP,
            faults: false,
        };
        // Connections and buffers for the largest load.
        let largest = self.scenario.sizes.last().map(|&size| self.batch_of(size));
        [first].into_iter().chain(largest)
    }

    /// Sends a round.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn round(&self, round: u64) -> Result<RoundStats> {
        Ok(self.send(self.batch_of_round(round)).await?)
    }

    pub(crate) fn batch_of_round(&self, round: u64) -> Batch {
        let Scenario { requests, concurrency, .. } = *self.scenario;
        let size = self.scenario.smallest();
        Batch { round, requests, size, concurrency, faults: false }
    }

    /// Sends the load of a size; the number of its requests.
    ///
    /// # Errors
    /// The service does not answer.
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
    pub(crate) fn windows(&self) -> [Batch; 2] {
        if let [smallest, larger, ..] = self.scenario.sizes[..] {
            return [self.batch_of(smallest), self.batch_of(larger)];
        }
        let all = self.scenario.requests;
        let requests = self.scenario.window_requests.min(all / 2).max(1);
        let of = |requests| Batch { requests, ..self.batch_of_round(0) };
        [of(requests), of((2 * requests).min(all))]
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

    /// Sends a batch. A service that broke a connection and still answers is disturbed;
    /// one that does not answer has failed.
    pub(crate) async fn send_or_notice(&self, batch: Batch) -> Result<Sent> {
        match self.send(batch).await {
            Ok(stats) => {
                let disturbed = stats.ended_at.clone();
                Ok(Sent { stats, disturbed })
            }
            Err(error) if matches!(error.source, HttpError::Timeout) => {
                Err(error.into())
            }
            Err(error) => match self.heap.counters().await {
                Ok(_) => {
                    let why = format!("{:#}", anyhow::Error::from(error));
                    Ok(Sent { stats: RoundStats::default(), disturbed: Some(why) })
                }
                Err(_) => Err(error.into()),
            },
        }
    }
}

/// What came back, and why it says more about the machine than about the service.
pub(crate) struct Sent {
    pub(crate) stats: RoundStats,
    pub(crate) disturbed: Option<String>,
}
