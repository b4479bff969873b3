//! A measurement of a running service: warm-up, rounds with a reading at rest after
//! each, peaks at several sizes, dhat windows last.

use crate::heap_client::HeapClient;
use crate::judge::{self, Judgement, judge};
use crate::samples::{Peak, Samples, Window};
use crate::scenario::{Scale, Scenario};
use crate::statistics::median_of;
use anyhow::Result;
use profile::Profile;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use workload::{ClientBehavior, Origin, Requests, Round, RoundStats};

/// Attempts before INCONCLUSIVE is the verdict. In a healthy service the noise comes
/// from connection pools that still grow. Each attempt fills them further, and a leak
/// shows in every attempt.
const ATTEMPTS_MAX: u64 = 3;

/// How often a peak is measured at each size; the median counts. A peak depends on
/// when buffers happen to be freed.
const PEAK_REPEATS: usize = 3;

/// Two peaks that differ by less than this share have the median of three between them,
/// so the third is not measured. It moves an exponent over three sizes by a few
/// hundredths at most.
const PEAKS_AGREE: f64 = 0.05;

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
    /// Prepares what the requests of these rounds ask for, such as their data.
    fn prepare(&self, rounds: Range<u64>) -> impl Future<Output = Result<()>>;
    /// Called before the load of a size is sent, and with `None` after it. A load may
    /// change what surrounds the service, such as the faults of its database.
    fn set_size(&self, size: Option<u64>);
}

/// Measures a running service until an attempt is conclusive. `step` is called with
/// the name of each step, for a progress bar.
///
/// # Errors
/// The service does not answer, or [`Load::prepare`] failed.
pub async fn measure<L: Load>(
    origin: Origin,
    load: &L,
    scenario: &Scenario,
    step: &(dyn Fn(&str) + Sync),
) -> Result<(Samples, Judgement)> {
    let session = Session::new(origin, load, scenario);
    step("warm up");
    let resident_before = session.heap.at_rest().await?.resident_bytes;
    session.warm_up().await?;
    let mut responses = None;
    for attempt in 1.. {
        // Rounds and windows use different keys; all of them are prepared now.
        let begin = 1 + (attempt - 1) * scenario.rounds_in_attempt();
        load.prepare(begin..begin + scenario.rounds_in_attempt()).await?;
        let mut samples = session.attempt(begin, step).await?;
        samples.attempt = attempt;
        samples.resident_before = resident_before;
        // Two services share the requests of the first attempt only.
        samples.responses =
            responses.get_or_insert_with(|| samples.responses.clone()).clone();
        let judgement = judge(&samples, scenario);
        if judgement.is_conclusive(scenario) || attempt == ATTEMPTS_MAX {
            return Ok((samples, judgement));
        }
    }
    unreachable!("the loop returns at the last attempt")
}

/// A running service and what is sent to it.
#[derive(Debug)]
pub struct Session<'a, L> {
    origin: Origin,
    /// Reads the heap of the service.
    pub heap: HeapClient,
    load: &'a L,
    scenario: &'a Scenario,
}

/// Requests of one round, at a size.
#[derive(Debug, Clone, Copy)]
struct Batch {
    round: u64,
    requests: u64,
    size: u64,
    concurrency: usize,
}

impl<'a, L: Load> Session<'a, L> {
    /// Nothing is sent yet.
    pub fn new(origin: Origin, load: &'a L, scenario: &'a Scenario) -> Self {
        Self { origin, heap: HeapClient::new(origin), load, scenario }
    }

    /// Fills connection pools, lazy statics and bounded caches.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn warm_up(&self) -> Result<()> {
        self.send(Batch {
            round: 0,
            requests: self.scenario.warm_up,
            size: self.scenario.smallest(),
            concurrency: self.scenario.concurrency * WARM_UP,
        })
        .await?;
        if let Some(&largest) = self.scenario.sizes.last() {
            // Connections and buffers for the largest load.
            self.load_of_size(largest).await?;
        }
        self.heap.counters_at_rest().await?;
        self.heap.reset_peak().await
    }

    /// Sends the rounds from `begin`, then measures peaks and opens windows.
    async fn attempt(
        &self,
        begin: u64,
        step: &(dyn Fn(&str) + Sync),
    ) -> Result<Samples> {
        let rounds = self.scenario.rounds;
        let mut readings = Vec::new();
        let mut responses = Vec::new();
        let mut sum = RoundStats::default();
        let mut best_median_us = u64::MAX;
        for round in 0..rounds {
            step(&format!("round {}/{rounds}", round + 1));
            let stats = self.round(begin + round).await?;
            readings.push(self.heap.at_rest().await?);
            responses.push(stats.parts.clone());
            best_median_us =
                best_median_us.min(stats.latency_us.value_at_quantile(0.5));
            sum.merge(stats);
        }
        let mut peaks = Vec::new();
        for &size in &self.scenario.sizes {
            step(&format!("peak at {size}"));
            peaks.push(Peak { size, peak_bytes: self.peak(size).await? });
        }
        let mut samples = Samples {
            readings,
            resident_before: None,
            responses,
            refused: sum.refused,
            errors: sum.errors,
            abandoned: sum.abandoned,
            first_error: sum.first_error,
            latency_us: sum.latency_us,
            best_median_us,
            peaks,
            windows: Vec::new(),
            attempt: 1,
            live_before_exit: None,
            live_at_exit: None,
        };
        let grows = judge::rounds_grow(&samples, self.scenario);
        let [first, second] = self.windows(begin + rounds);
        if grows || !self.scenario.quick {
            step("call stacks");
        }
        if grows {
            samples.windows.push(self.window(first).await?);
        }
        if grows || !self.scenario.quick {
            samples.windows.push(self.window(second).await?);
        }
        Ok(samples)
    }

    /// Sends a round.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn round(&self, round: u64) -> Result<RoundStats> {
        let Scenario { requests, concurrency, .. } = *self.scenario;
        let size = self.scenario.smallest();
        self.send(Batch { round, requests, size, concurrency }).await
    }

    /// Sends the load of a size; the number of its requests.
    ///
    /// # Errors
    /// The service does not answer.
    pub async fn load_of_size(&self, size: u64) -> Result<u64> {
        let batch = self.batch_of(size);
        self.send_sized(batch).await?;
        Ok(batch.requests)
    }

    /// What shows the peak of a size: that many concurrent requests, or one request.
    fn batch_of(&self, size: u64) -> Batch {
        let requests = match self.scenario.growth.scale() {
            Some(Scale::Requests) => size,
            _ => 1,
        };
        Batch { round: 0, requests, size, concurrency: requests as usize }
    }

    /// What each window sends.
    fn windows(&self, round: u64) -> [Batch; 2] {
        if let [smallest, larger, ..] = self.scenario.sizes[..] {
            let of_size = |round, size| Batch { round, ..self.batch_of(size) };
            return [of_size(round, smallest), of_size(round + 1, larger)];
        }
        let Scenario { requests: all, concurrency, .. } = *self.scenario;
        let requests = self.scenario.window_requests.min(all / 2).max(1);
        let twice = (2 * requests).min(all);
        let size = self.scenario.smallest();
        [
            Batch { round, requests, size, concurrency },
            Batch { round: round + 1, requests: twice, size, concurrency },
        ]
    }

    async fn send(&self, batch: Batch) -> Result<RoundStats> {
        let Batch { round, requests, size, concurrency } = batch;
        let round = Round {
            number: round,
            requests: self.load.requests(round, size),
            count: requests,
            concurrency,
            client: self.load.client(),
        };
        Ok(round.run(self.origin).await?)
    }

    /// Sends a batch with the faults that belong to its size.
    async fn send_sized(&self, batch: Batch) -> Result<RoundStats> {
        self.load.set_size(Some(batch.size));
        let sent = self.send(batch).await;
        self.load.set_size(None);
        sent
    }

    async fn window(&self, batch: Batch) -> Result<Window> {
        let before = self.heap.counters_at_rest().await?;
        self.heap.open_window().await?;
        self.send_sized(batch).await?;
        let after = self.heap.counters_at_rest().await?;
        let json = self.heap.close_window().await?;
        let profile = Arc::new(Profile::parse(&json)?);
        let growth =
            after.live_bytes.cast_signed() - before.live_bytes.cast_signed();
        Ok(Window { requests: batch.requests, growth, json, profile })
    }

    /// Peak of live bytes above those at rest while the load of this size is served.
    async fn peak(&self, size: u64) -> Result<u64> {
        let mut peaks: Vec<f64> = Vec::new();
        for _ in 0..if self.scenario.quick { 1 } else { PEAK_REPEATS } {
            if let [first, second] = peaks[..]
                && (first - second).abs() <= PEAKS_AGREE * first
            {
                break;
            }
            let rest = self.heap.counters_at_rest().await?;
            self.heap.reset_peak().await?;
            self.load_of_size(size).await?;
            let peak = self.heap.counters().await?.peak_bytes;
            peaks.push(peak.saturating_sub(rest.live_bytes) as f64);
        }
        Ok(median_of(&peaks).unwrap_or(0.0) as u64)
    }
}
