//! What a measurement read, before it is judged.

use crate::pressure::Pressure;
use heap::Reading;
use profile::Profile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use workload::{Digest, RoundStats};

/// Everything that one attempt read.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Readings at rest, one after each round.
    pub readings: Vec<Reading>,
    /// Resident bytes before the first request, where the system reports them.
    pub resident_before: Option<u64>,
    /// Digests of the responses of the undisturbed rounds of all attempts, in parts, by
    /// the number of the round.
    pub responses: BTreeMap<u64, Vec<Digest>>,
    /// The same of the single request that shows a peak, by size.
    pub responses_of_sizes: BTreeMap<u64, Vec<Digest>>,
    /// The responses of the rounds.
    pub stats: RoundStats,
    /// The lowest median latency of a round, in microseconds. Other load on the
    /// machine only adds to a latency, so this round was disturbed least.
    pub best_median_us: u64,
    /// Peaks by size.
    pub peaks: Vec<Peak>,
    /// The dhat windows: two where the rounds grow, whose difference is the growth. For a
    /// slope the second has twice the requests of the first; for a peak they have the
    /// two smallest sizes. Where nothing grows only the second is opened, and none in a
    /// quick measurement.
    pub windows: Vec<Window>,
    /// Which attempt this is, from 1.
    pub attempt: u64,
    /// Why this attempt has no verdict: other load disturbed it, however often it was
    /// repeated.
    pub unjudged: Option<String>,
    /// Other load since the measurement began.
    pub pressure: Pressure,
    /// Live bytes after the last window, before the service was asked to stop.
    pub live_before_exit: Option<u64>,
    /// Live bytes when the service had ended in order.
    pub live_at_exit: Option<u64>,
}

/// A peak of live bytes at a size of the input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Items, concurrent requests or attempts.
    pub size: u64,
    /// Peak of live bytes above the live bytes at rest, median of several requests.
    pub peak_bytes: u64,
}

/// What a dhat window recorded.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// Requests in it.
    pub requests: u64,
    /// Live bytes that it added, by the exact counters.
    pub growth: i64,
    /// dhat's JSON.
    pub json: Vec<u8>,
    /// The same, parsed.
    pub profile: Arc<Profile>,
}

impl Window {
    /// Live bytes that each request added, by the exact counters.
    pub(crate) fn bytes_per_request(&self) -> f64 {
        self.growth as f64 / self.requests.max(1) as f64
    }
}
