//! A running service under measurement: warm-up, rounds with a reading at rest after
//! each, peaks at several sizes, dhat windows last.

use crate::measure::recording::{Recording, Window};
use crate::measure::{Protocol, verdict};
use crate::probe::Probe;
use crate::statistics::median_of;
use anyhow::Result;
use dynamo::Proxy;
use heap::profile::Profile;
use model::fault::EVERY_OPERATION;
use model::{Fault, FaultAction, Scale, When};
use report::comparison::Peak;
use std::sync::Arc;
use workload::{Origin, Round, Tally};

/// How often a peak is taken at each size; the median counts. A peak depends on when
/// buffers happen to be freed, so single ones scatter.
const PEAK_REPEATS: u64 = 3;

/// The warm-up has this many times the concurrency of the rounds, so that the
/// service's connection pools hold connections to spare. Otherwise chance opens one
/// more in some later round, which is 44 KB.
const WARM_UP: usize = 3;

/// A service that runs, and what stands between it and its database.
pub(super) struct Session<'a> {
    protocol: &'a Protocol,
    origin: Origin,
    probe: Probe,
    proxy: Option<&'a Proxy>,
}

/// The first requests of a round, at a size.
#[derive(Debug, Clone, Copy)]
struct Load {
    number: u64,
    requests: u64,
    size: u64,
    concurrency: usize,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        protocol: &'a Protocol,
        origin: Origin,
        proxy: Option<&'a Proxy>,
    ) -> Self {
        Self { protocol, origin, probe: Probe::new(origin), proxy }
    }

    pub(super) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// Sends the load of a size.
    pub(super) async fn load(&self, size: u64) -> Result<()> {
        self.send(self.load_of(size)).await
    }

    /// How many requests the load of a size has.
    pub(super) fn requests_of(&self, size: u64) -> u64 {
        self.load_of(size).requests
    }

    /// Lets pools, lazy statics and bounded caches fill.
    pub(super) async fn warm_up(&self) -> Result<()> {
        let plan = self.protocol.plan(self.protocol.smallest());
        let concurrency = self.protocol.lesson.concurrency * WARM_UP;
        let round = Round { plan, number: 0, concurrency };
        round.first(plan.warm_up, self.origin).await?;
        if let Some(&largest) = self.protocol.sizes.last() {
            // Connections and buffers for the largest load, too.
            self.load(largest).await?;
        }
        self.probe.counters_at_rest().await?;
        self.probe.reset_peak().await
    }

    /// A set of rounds, the first of which has this number, then peaks and windows.
    pub(super) async fn set(
        &self,
        begin: u64,
        step: &(dyn Fn(&str) + Sync),
    ) -> Result<Recording> {
        let rounds = self.protocol.rounds;
        let mut readings = Vec::new();
        let mut answers = Vec::new();
        let mut sum: Option<Tally> = None;
        let mut best_median_us = u64::MAX;
        for round in 0..rounds {
            step(&format!("round {}/{rounds}", round + 1));
            let tally = self.round(begin + round).await?;
            readings.push(self.probe.at_rest().await?);
            answers.push(tally.parts.clone());
            best_median_us =
                best_median_us.min(tally.latency_us.value_at_quantile(0.5));
            match &mut sum {
                Some(sum) => sum.merge(tally),
                None => sum = Some(tally),
            }
        }
        let sum = sum.unwrap_or_default();

        let mut peaks = Vec::new();
        for &size in &self.protocol.sizes {
            step(&format!("peak at {size}"));
            peaks.push(Peak { size, peak_bytes: self.peak(size).await? });
        }

        let mut recording = Recording {
            readings,
            resident_before: None,
            answers,
            refused: sum.refused,
            errors: sum.errors,
            abandoned: sum.abandoned,
            first_error: sum.first_error,
            latency_us: sum.latency_us,
            best_median_us,
            peaks,
            windows: None,
            sets: 1,
            live_before_exit: None,
            live_at_exit: None,
        };
        if !self.protocol.quick || verdict::grows(self.protocol, &recording) {
            step("call stacks");
            let [first, second] = self.windows(begin + rounds);
            let windows = [self.window(first).await?, self.window(second).await?];
            recording.windows = Some(windows);
        }
        Ok(recording)
    }

    /// Sends a counted round.
    pub(super) async fn round(&self, number: u64) -> Result<Tally> {
        let Protocol { lesson, requests, .. } = self.protocol;
        let plan = self.protocol.plan(self.protocol.smallest());
        let concurrency = lesson.concurrency;
        let round = Round { plan, number, concurrency };
        Ok(round.first(*requests, self.origin).await?)
    }

    /// What each window sends.
    fn windows(&self, number: u64) -> [Load; 2] {
        if let [smallest, larger, ..] = self.protocol.sizes[..] {
            let of_size = |number, size| Load { number, ..self.load_of(size) };
            return [of_size(number, smallest), of_size(number + 1, larger)];
        }
        let all = self.protocol.requests;
        let requests = self.protocol.lesson.window.min(all / 2).max(1);
        let twice = (2 * requests).min(all);
        let concurrency = self.protocol.lesson.concurrency;
        let size = self.protocol.smallest();
        [
            Load { number, requests, size, concurrency },
            Load { number: number + 1, requests: twice, size, concurrency },
        ]
    }

    /// What shows the peak of a size: that many requests at once, or one request.
    fn load_of(&self, size: u64) -> Load {
        let requests = match self.protocol.scale() {
            Some(Scale::Requests) => size,
            _ => 1,
        };
        Load { number: 0, requests, size, concurrency: requests as usize }
    }

    /// Sends a load. Where its size is a number of attempts, all but the last of them
    /// are refused.
    async fn send(&self, load: Load) -> Result<()> {
        if let (Some(Scale::Attempts), Some(proxy)) =
            (self.protocol.scale(), self.proxy)
        {
            proxy.set(refused_attempts(load.size));
        }
        let Load { number, requests, size, concurrency } = load;
        let round = Round { plan: self.protocol.plan(size), number, concurrency };
        let sent = round.first(requests, self.origin).await;
        if let Some(proxy) = self.proxy {
            proxy.set(self.protocol.lesson.faults.to_vec());
        }
        sent?;
        Ok(())
    }

    async fn window(&self, load: Load) -> Result<Window> {
        let before = self.probe.counters_at_rest().await?;
        self.probe.open_window().await?;
        self.send(load).await?;
        let after = self.probe.counters_at_rest().await?;
        let json = self.probe.close_window().await?;
        let profile = Arc::new(Profile::parse(&json)?);
        let growth =
            after.live_bytes.cast_signed() - before.live_bytes.cast_signed();
        Ok(Window { requests: load.requests, growth, json, profile })
    }

    /// Most live bytes above those at rest while a load of this size is served.
    async fn peak(&self, size: u64) -> Result<u64> {
        let load = self.load_of(size);
        let mut peaks = Vec::new();
        for _ in 0..if self.protocol.quick { 1 } else { PEAK_REPEATS } {
            let rest = self.probe.counters_at_rest().await?;
            self.probe.reset_peak().await?;
            self.send(load).await?;
            let peak = self.probe.counters().await?.peak_bytes;
            peaks.push(peak.saturating_sub(rest.live_bytes) as f64);
        }
        Ok(median_of(&peaks).unwrap_or(0.0) as u64)
    }
}

/// DynamoDB's throttling for all attempts but the last.
fn refused_attempts(attempts: u64) -> Vec<Fault> {
    let when = When::Cycle { hit: attempts.saturating_sub(1), of: attempts };
    let code = "ProvisionedThroughputExceededException";
    let action = FaultAction::Error { status: 400, code };
    vec![Fault::new(EVERY_OPERATION, action).when(when)]
}
