//! What is known of a service between two ticks, and its rates at each.

use crate::calls::Call;
use crate::ticks::{EVERY, Sample};
use std::collections::VecDeque;
use workload::steady::Counts;

/// Rates and latencies are those of the last two seconds.
const RATE_TICKS: usize = 8;

/// What is known of a service between two ticks.
#[derive(Default)]
pub(crate) struct Observed {
    pub(crate) sample: Sample,
    /// Counts of the last ticks.
    recent: VecDeque<Counts>,
    /// The last database calls in its log, read while they are shown.
    pub(crate) calls: Vec<Call>,
}

impl Observed {
    /// Of a service that was just started.
    pub(crate) fn of(sample: Sample) -> Self {
        Self { sample, ..Self::default() }
    }

    /// The sample of a tick, with what the load counted since the one before.
    pub(crate) fn tick(&mut self, counts: Counts) -> Sample {
        self.sample.requests += counts.ended;
        self.recent.push_back(counts);
        if self.recent.len() > RATE_TICKS {
            self.recent.pop_front();
        }
        let seconds = EVERY.as_secs_f64() * self.recent.len() as f64;
        let sum = |of: &dyn Fn(&Counts) -> u64| {
            self.recent.iter().map(of).sum::<u64>() as f64 / seconds
        };
        let mut latency: Vec<u64> = self
            .recent
            .iter()
            .flat_map(|counts| counts.latency_us.clone())
            .collect();
        latency.sort_unstable();
        let sample = &mut self.sample;
        (sample.reached, sample.errors) =
            (sum(&|of| of.ended), sum(&|of| of.errors));
        let middle = latency.get(latency.len() / 2);
        sample.p50 = middle.map(|us| *us as f64 / 1e3);
        sample.clone()
    }
}
