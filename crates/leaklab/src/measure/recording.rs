//! What a measurement found, before anybody judges it.

use hdrhistogram::Histogram;
use heap::Reading;
use heap::profile::Profile;
use report::comparison::Peak;
use std::sync::Arc;
use workload::Digest;

/// Everything that was read in a set of rounds.
#[derive(Debug, Clone)]
pub struct Recording {
    /// At rest, after each round.
    pub readings: Vec<Reading>,
    /// Resident bytes before the first request, where the system tells.
    pub resident_before: Option<u64>,
    /// Answers of each round of the first set, in parts.
    pub answers: Vec<Vec<Digest>>,
    /// Answers that refused work, in the rounds.
    pub refused: u64,
    /// Answers of status 400 and above, in the rounds.
    pub errors: u64,
    /// Requests whose client gave up, in the rounds.
    pub abandoned: u64,
    /// The first of the errors.
    pub first_error: Option<String>,
    /// Whole answers in the rounds, in microseconds.
    pub latency_us: Histogram<u64>,
    /// The lowest of the rounds' median times of an answer, in microseconds: what others
    /// do with the processor meanwhile only adds to it.
    pub best_median_us: u64,
    /// Peaks by size.
    pub peaks: Vec<Peak>,
    /// The dhat windows. Where the law is a slope the second has twice the requests of
    /// the first; where it is a peak, each has the peak of one of the two smallest
    /// sizes.
    /// None where nothing grew and a quick look was asked for.
    pub windows: Option<[Window; 2]>,
    /// How many sets of rounds it took; this is the last.
    pub sets: u64,
    /// Live bytes after all of it, before the service was asked to stop.
    pub live_before_exit: Option<u64>,
    /// Live bytes at the service's very end, if it ended by itself.
    pub live_at_exit: Option<u64>,
}

/// What a dhat window saw.
#[derive(Debug, Clone)]
pub struct Window {
    /// Requests in it.
    pub requests: u64,
    /// Live bytes that it added, by the exact counters.
    pub growth: i64,
    /// dhat's own text.
    pub json: Vec<u8>,
    /// The same, read.
    pub profile: Arc<Profile>,
}
