//! The attempts to measure a service. What is disturbed from outside is sent again, with
//! new keys.

use crate::disturbance;
use crate::instrument::Instrument;
use crate::judge;
use crate::pressure::Pressure;
use crate::samples::{Peak, Samples, Window};
use crate::scenario::Scenario;
use crate::session::{Batch, Load, Sent, Session};
use crate::statistics::median_of;
use anyhow::Result;
use heap::Reading;
use profile::Profile;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workload::round::to_the_end;
use workload::{Digest, RoundStats};

/// How often a peak is measured at each size; the median counts. A peak depends on
/// when buffers happen to be freed.
const PEAK_REPEATS: usize = 3;

/// Two peaks that differ by less than this share have the median of three between them,
/// so the third is not measured. It moves an exponent over three sizes by a few
/// hundredths at most.
const PEAKS_AGREE: f64 = 0.05;

/// The attempts to measure a service. What is disturbed from outside is sent again, with
/// new keys.
pub(crate) struct Attempts<'a, I, L> {
    session: &'a Session<'a, I, L>,
    step: &'a (dyn Fn(&str) + Sync),
    /// Number of the next round.
    pub(crate) next: u64,
    /// The data of the rounds before this one is prepared.
    prepared: u64,
    /// What was sent again, and why.
    pub(crate) repeated: Vec<String>,
    /// How much of it in this attempt.
    repeats: u32,
    pub(crate) longest_pause: Duration,
    /// Time in which the last window was served.
    pub(crate) recorded: Duration,
    /// The shortest of the rounds' longest pauses.
    usual_pause: Duration,
    /// Responses of the undisturbed rounds.
    responses: BTreeMap<u64, Vec<Digest>>,
}

/// Why an attempt has no verdict: what was disturbed, and how.
type Unjudged = String;

impl<'a, I: Instrument, L: Load> Attempts<'a, I, L> {
    pub(crate) fn new(
        session: &'a Session<'a, I, L>,
        step: &'a (dyn Fn(&str) + Sync),
    ) -> Self {
        Self {
            session,
            step,
            next: 1,
            prepared: 1,
            repeated: Vec::new(),
            repeats: 0,
            longest_pause: Duration::ZERO,
            recorded: Duration::ZERO,
            usual_pause: Duration::MAX,
            responses: BTreeMap::new(),
        }
    }

    pub(crate) async fn warm_up(&mut self) -> Result<()> {
        // With more connections than a round, some refusals are normal.
        let patient = Session { ends_at: to_the_end, ..*self.session };
        for batch in self.session.warm_up_batches() {
            loop {
                let Sent { stats, disturbed } =
                    patient.send_or_notice(batch).await?;
                self.usual_pause = self.usual_pause.min(stats.longest_pause);
                let Some(why) = disturbed else { break };
                // The rounds show whether it was enough.
                if self.repeat("the warm-up", why).await.is_err() {
                    break;
                }
            }
        }
        self.session.heap.counters_at_rest().await?;
        self.session.heap.reset_peak().await
    }

    /// Sends the rounds, then measures peaks and opens windows.
    pub(crate) async fn measure(&mut self) -> Result<Samples> {
        let mut samples = self.sampled_rounds().await?;
        let scenario = self.session.scenario;
        for &size in &scenario.sizes {
            if samples.unjudged.is_some() {
                break;
            }
            (self.step)(&format!("peak at {size}"));
            match self.peak(size).await? {
                Ok(peak_bytes) => samples.peaks.push(Peak { size, peak_bytes }),
                Err(why) => samples.unjudged = Some(why),
            }
        }
        let grows = judge::rounds_grow(&samples, scenario);
        if scenario.windows && (grows || !scenario.quick) {
            let [first, second] = self.session.windows();
            let batches = [Some(first).filter(|_| grows), Some(second)];
            self.windows(batches.into_iter().flatten(), &mut samples).await?;
        }
        Ok(samples)
    }

    /// Sends the rounds; a reading at rest after each.
    pub(crate) async fn sampled_rounds(&mut self) -> Result<Samples> {
        self.repeats = 0;
        // All rounds and windows use different keys.
        self.prepare(self.next + self.session.scenario.rounds + 2).await?;
        let (rounds, unjudged) = self.rounds().await?;
        let mut readings = Vec::new();
        let mut sum = RoundStats::default();
        let mut best_median_us = u64::MAX;
        for (stats, reading) in rounds {
            readings.push(reading);
            if !stats.latency_us.is_empty() {
                best_median_us =
                    best_median_us.min(stats.latency_us.value_at_quantile(0.5));
            }
            sum.merge(stats);
        }
        Ok(Samples {
            readings,
            resident_before: None,
            responses: self.responses.clone(),
            refused: sum.refused,
            errors: sum.errors,
            abandoned: sum.abandoned,
            first_error: sum.first_error,
            statuses: sum.statuses,
            starting: sum.starting,
            took: sum.took,
            latency_us: sum.latency_us,
            best_median_us,
            peaks: Vec::new(),
            windows: Vec::new(),
            attempt: 1,
            unjudged,
            pressure: Pressure::default(),
            live_before_exit: None,
            live_at_exit: None,
        })
    }

    /// Sends a few requests; a reading at rest after them.
    pub(crate) async fn send(&mut self, requests: u64) -> Result<Reading> {
        let round = self.number().await?;
        let batch = Batch { requests, ..self.session.batch_of_round(round) };
        self.session.send_or_notice(batch).await?;
        self.session.heap.at_rest().await
    }

    pub(crate) fn scenario(&self) -> &'a Scenario {
        self.session.scenario
    }

    pub(crate) fn batches_of_windows(&self) -> [Batch; 2] {
        self.session.windows()
    }

    /// Records the call stacks of these batches, each in a window of its own.
    pub(crate) async fn windows(
        &mut self,
        batches: impl IntoIterator<Item = Batch>,
        samples: &mut Samples,
    ) -> Result<()> {
        (self.step)("call stacks");
        for batch in batches {
            if samples.unjudged.is_some() {
                break;
            }
            match self.window(batch).await? {
                Ok(window) => samples.windows.push(window),
                Err(why) => samples.unjudged = Some(why),
            }
        }
        Ok(())
    }

    /// As many consecutive rounds as the scenario has, undisturbed; otherwise the last
    /// ones, and why they are not judged.
    async fn rounds(
        &mut self,
    ) -> Result<(Vec<(RoundStats, Reading)>, Option<Unjudged>)> {
        let rounds = self.session.scenario.rounds as usize;
        let (mut done, mut unjudged) = (Vec::new(), None);
        let mut undisturbed = 0;
        while undisturbed < rounds && unjudged.is_none() {
            (self.step)(&format!("round {}/{rounds}", undisturbed + 1));
            let round = self.number().await?;
            let batch = self.session.batch_of_round(round);
            let Sent { stats, disturbed } =
                self.session.send_or_notice(batch).await?;
            let reading = self.session.heap.at_rest().await?;
            let pause = stats.longest_pause;
            self.longest_pause = self.longest_pause.max(pause);
            self.usual_pause = self.usual_pause.min(pause);
            undisturbed += 1;
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

    /// Peak of live bytes above those at rest while the load of this size is served.
    async fn peak(&mut self, size: u64) -> Result<Result<u64, Unjudged>> {
        let heap = self.session.heap;
        let wanted = if self.session.scenario.quick { 1 } else { PEAK_REPEATS };
        let mut peaks: Vec<(Duration, f64)> = Vec::new();
        let mut stops = 0;
        loop {
            let usual = peaks.iter().map(|(pause, _)| *pause).min();
            let stop = |pause| disturbance::stop(pause, usual.unwrap_or_default());
            let steady: Vec<_> =
                peaks.iter().filter(|(pause, _)| stop(*pause).is_none()).collect();
            let bytes: Vec<_> = steady.iter().map(|(_, bytes)| *bytes).collect();
            let stopped =
                peaks.iter().filter_map(|(pause, _)| stop(*pause)).next_back();
            // A single load may have been stopped: nothing says how long it takes.
            let alone = steady.len() == 1 && steady[0].0 > disturbance::STOP_MIN;
            let agree = |a: f64, b: f64| (a - b).abs() <= PEAKS_AGREE * a;
            if bytes.len() >= wanted && !alone
                || matches!(bytes[..], [first, second] if agree(first, second))
            {
                return Ok(Ok(median_of(&bytes).unwrap_or(0.0) as u64));
            }
            let mut disturbed = None;
            if let Some(why) = stopped.filter(|_| peaks.len() - steady.len() > stops)
            {
                stops = peaks.len() - steady.len();
                disturbed = Some(why);
            } else {
                let rest = heap.counters_at_rest().await?;
                let batch = self.session.batch_of(size);
                let load = self.session.send_or_notice(batch);
                let (sent, peak) = heap.peak(load, batch.requests == 1).await?;
                match sent.disturbed {
                    Some(why) => disturbed = Some(why),
                    None => peaks.push((
                        sent.stats.longest_pause,
                        peak.saturating_sub(rest.live_bytes) as f64,
                    )),
                }
            }
            if let Some(why) = disturbed
                && let Err(why) =
                    self.repeat(&format!("the load of {size}"), why).await
            {
                return Ok(Err(why));
            }
        }
    }

    async fn window(&mut self, batch: Batch) -> Result<Result<Window, Unjudged>> {
        let heap = self.session.heap;
        loop {
            let batch = Batch { round: self.number().await?, ..batch };
            let before = heap.counters_at_rest().await?;
            heap.open_window().await?;
            let began = Instant::now();
            let sent = self.session.send_or_notice(batch).await;
            self.recorded = began.elapsed();
            let after = heap.counters_at_rest().await?;
            let json = heap.close_window().await?;
            if let Some(why) = sent?.disturbed {
                match self.repeat("a dhat window", why).await {
                    Ok(()) => continue,
                    Err(why) => return Ok(Err(why)),
                }
            }
            let profile = Arc::new(Profile::parse(&json)?);
            let growth =
                after.live_bytes.cast_signed() - before.live_bytes.cast_signed();
            let requests = batch.requests;
            return Ok(Ok(Window { requests, growth, json, profile }));
        }
    }

    /// The number of the next round, whose data is prepared.
    async fn number(&mut self) -> Result<u64> {
        self.prepare(self.next + 1).await?;
        self.next += 1;
        Ok(self.next - 1)
    }

    async fn prepare(&mut self, end: u64) -> Result<()> {
        if end > self.prepared {
            self.session.load.prepare(self.prepared..end).await?;
            self.prepared = end;
        }
        Ok(())
    }

    /// Notes what was disturbed and waits before it is sent again, each time longer. As
    /// an error: why there is no verdict, once that was done often enough.
    async fn repeat(&mut self, what: &str, why: String) -> Result<(), Unjudged> {
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
}
