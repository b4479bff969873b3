//! What to measure, and what is expected of it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether memory grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Live bytes grow with the requests.
    Leaks,
    /// The peak of live bytes grows with the size of the input.
    Grows,
    /// Neither, for a job that has a leaking version.
    Bounded,
    /// Neither, for a control: nothing grows within the detection limit.
    Flat,
    /// The noise is too large for a verdict.
    Inconclusive,
}

impl Verdict {
    /// Whether memory grows, with the requests or with their size.
    pub fn is_growth(self) -> bool {
        matches!(self, Self::Leaks | Self::Grows)
    }

    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaks => "LEAKS",
            Self::Grows => "GROWS",
            Self::Bounded => "BOUNDED",
            Self::Flat => "FLAT",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// How growth shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// Live bytes rise from round to round.
    Slope {
        /// Bytes per request that the smallest leak of this kind keeps. A smaller
        /// slope is another leak, or noise.
        min_leak_bytes: f64,
    },
    /// Live bytes return after a burst, but resident memory stays high.
    Burst {
        /// Bytes per request that would be a leak: what one request holds while it is
        /// served. Connection pools move by less than that after a burst.
        min_leak_bytes: f64,
        /// Bytes by which connection pools may move after a burst.
        jitter_bytes: f64,
    },
    /// Live bytes return, but their peak follows the size of the input.
    Peak {
        /// Sizes to measure at, ascending; at least three.
        sizes: &'static [u64],
        /// What the sizes count.
        of: Scale,
    },
}

impl Growth {
    /// What the sizes count, where the peak is measured.
    pub fn scale(self) -> Option<Scale> {
        match self {
            Self::Peak { of, .. } => Some(of),
            Self::Slope { .. } | Self::Burst { .. } => None,
        }
    }

    /// Bytes per request that the smallest leak keeps; 0 where a peak is measured.
    pub fn min_leak_bytes(self) -> f64 {
        match self {
            Self::Slope { min_leak_bytes } | Self::Burst { min_leak_bytes, .. } => {
                min_leak_bytes
            }
            Self::Peak { .. } => 0.0,
        }
    }
}

/// What the size of an input counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Items that one request reads or writes.
    Items,
    /// Requests in flight.
    Requests,
    /// Attempts that one call to the database takes.
    Attempts,
}

impl Scale {
    /// In the plural.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Requests => "concurrent requests",
            Self::Attempts => "attempts",
        }
    }
}

/// A number beside the heap that grows with a leak, by about one per request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Open file descriptors.
    OpenFiles,
    /// TCP sockets in this state, such as `CLOSE_WAIT`.
    Sockets(&'static str),
    /// Background tasks.
    Tasks,
    /// Requests in flight.
    InFlight,
    /// A gauge of the service, by its name.
    Gauge(&'static str),
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenFiles => f.write_str("open files"),
            Self::Sockets(state) => write!(f, "sockets in {state}"),
            Self::Tasks => f.write_str("tasks"),
            Self::InFlight => f.write_str("requests in flight"),
            Self::Gauge(name) => f.write_str(name),
        }
    }
}

/// How to measure a service, and what to expect of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// How growth would show.
    pub growth: Growth,
    /// Sizes at which the peak is measured, ascending; empty where none is.
    pub sizes: Vec<u64>,
    /// The verdict that is expected of this service.
    pub expected: Verdict,
    /// Rounds with a reading after each.
    pub rounds: u64,
    /// Requests in a round.
    pub requests: u64,
    /// Requests in the warm-up: enough to fill every bounded cache.
    pub warm_up: u64,
    /// Requests in the first dhat window; the second has twice as many.
    pub window_requests: u64,
    /// Requests in flight.
    pub concurrency: usize,
    /// Measures less: peaks once instead of three times, and no windows where nothing
    /// grows. Smaller leaks go unseen.
    pub quick: bool,
    /// Whether call stacks are recorded.
    pub windows: bool,
    /// The largest step that is not growth, in bytes; `None` for that of a service on
    /// DynamoDB.
    pub jitter_bytes: Option<f64>,
    /// Metrics that grow when `expected` is growth, and stay otherwise.
    pub metrics: &'static [Metric],
    /// Parts of frames through which the leak allocates when no frame is in-app.
    pub expected_sites: &'static [&'static str],
    /// Part of the path of in-app source files, such as `src/`; `None` for a guess from
    /// the profile.
    pub in_app: Option<String>,
    /// Whether 503 with `Retry-After` is an expected response.
    pub may_refuse: bool,
    /// Whether any error is an expected response.
    pub may_fail: bool,
}

impl Scenario {
    /// Eight rounds of 200 requests, one after the other, which all succeed.
    pub fn new(growth: Growth, expected: Verdict) -> Self {
        Self {
            growth,
            sizes: Vec::new(),
            expected,
            rounds: 8,
            requests: 200,
            warm_up: 200,
            window_requests: 40,
            concurrency: 1,
            quick: false,
            windows: true,
            jitter_bytes: None,
            metrics: &[],
            expected_sites: &[],
            in_app: None,
            may_refuse: false,
            may_fail: false,
        }
    }

    /// The size that warm-up, rounds and windows use; 0 where no peak is measured.
    pub fn smallest(&self) -> u64 {
        self.sizes.first().copied().unwrap_or(0)
    }

    /// Steps that a measurement reports when its first attempt is conclusive.
    pub fn steps(&self) -> u64 {
        1 + 1 + self.rounds + self.sizes.len() as u64 + 1
    }

    /// Whether a peak is measured.
    pub(crate) fn is_peak(&self) -> bool {
        self.growth.scale().is_some()
    }
}
