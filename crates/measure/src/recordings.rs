//! Peaks of memory at several sizes, and windows in which call stacks are recorded.

use crate::disturbance;
use crate::instrument::Instrument;
use crate::samples::{Peak, Samples, Window};
use crate::session::{Batch, CALL_STACKS, Load, Session, Unjudged};
use crate::statistics::median_of;
use anyhow::Result;
use profile::Profile;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workload::Digest;

/// How often a peak is measured at each size; the median counts. A peak depends on
/// when buffers happen to be freed.
const PEAK_REPEATS: usize = 3;

/// Two peaks that differ by less than this share have the median of three between them,
/// so the third is not measured. It moves an exponent over three sizes by a few
/// hundredths at most.
const PEAKS_AGREE: f64 = 0.05;

impl<I: Instrument, L: Load> Session<'_, I, L> {
    /// Measures the peak at each size of the scenario.
    pub(crate) async fn peaks(&mut self, samples: &mut Samples) -> Result<()> {
        for size in self.scenario.sizes.clone() {
            if samples.unjudged.is_some() {
                break;
            }
            (self.step)(&format!("peak at {size}"));
            match self.peak(size).await? {
                Ok((peak_bytes, parts)) => {
                    samples.peaks.push(Peak { size, peak_bytes });
                    if self.batch_of(size).requests == 1 {
                        samples.responses_of_sizes.insert(size, parts);
                    }
                }
                Err(why) => samples.unjudged = Some(why),
            }
        }
        Ok(())
    }

    /// Peak of live bytes above those at rest while the load of this size is served, and
    /// what came back.
    async fn peak(
        &mut self,
        size: u64,
    ) -> Result<Result<(u64, Vec<Digest>), Unjudged>> {
        let wanted = if self.scenario.quick { 1 } else { PEAK_REPEATS };
        let mut peaks: Vec<(Duration, f64)> = Vec::new();
        let (mut stops, mut parts) = (0, Vec::new());
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
                return Ok(Ok((median_of(&bytes).unwrap_or(0.0) as u64, parts)));
            }
            let disturbed = if peaks.len() - steady.len() > stops {
                stops = peaks.len() - steady.len();
                stopped
            } else {
                let rest = self.heap.counters_at_rest().await?.live_bytes;
                // Physical memory stays when a peak is over, and serves the next one.
                let inexact = !self.heap.has_windows();
                let rest =
                    if inexact { *self.base.get_or_insert(rest) } else { rest };
                let batch = self.batch_of(size);
                let load = self.send_or_notice(batch);
                let (sent, peak) = self.heap.peak(load, batch.requests == 1).await?;
                if sent.ended_at.is_none() {
                    let bytes = peak.saturating_sub(rest) as f64;
                    peaks.push((sent.longest_pause, bytes));
                    parts = sent.parts;
                }
                sent.ended_at
            };
            if let Some(why) = disturbed
                && let Err(why) =
                    self.repeat(&format!("the load of {size}"), why).await
            {
                return Ok(Err(why));
            }
        }
    }

    /// Records the call stacks of these batches, each in a window of its own.
    pub(crate) async fn windows(
        &mut self,
        batches: impl IntoIterator<Item = Batch>,
        samples: &mut Samples,
    ) -> Result<()> {
        (self.step)(CALL_STACKS);
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

    async fn window(&mut self, batch: Batch) -> Result<Result<Window, Unjudged>> {
        loop {
            let batch = Batch { round: self.number().await?, ..batch };
            let before = self.heap.counters_at_rest().await?;
            self.heap.open_window().await?;
            let began = Instant::now();
            let sent = self.send_or_notice(batch).await;
            self.recorded = began.elapsed();
            let after = self.heap.counters_at_rest().await?;
            let json = self.heap.close_window().await?;
            if let Some(why) = sent?.ended_at {
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
}
