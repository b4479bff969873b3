//! A fault's parts, and which requests it applies to.

/// Stands for every operation, and for requests without one.
pub const EVERY_OPERATION: &str = "*";

/// One rule: what happens to which requests. Plain data, so that a lesson can hold its
/// faults in a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// DynamoDB's name of the operation, such as `GetItem`, or [`EVERY_OPERATION`].
    pub operation: &'static str,
    /// What happens.
    pub action: FaultAction,
    /// To which of the operation's requests.
    pub when: When,
}

impl Fault {
    /// Applies to each request of the operation.
    pub const fn new(operation: &'static str, action: FaultAction) -> Self {
        Self { operation, action, when: When::Always }
    }

    /// Applies to some of them.
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Whether this rule counts requests of the operation.
    pub fn concerns(&self, operation: &str) -> bool {
        self.operation == EVERY_OPERATION || self.operation == operation
    }
}

/// Which of the requests that a rule counts it applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each of them.
    Always,
    /// The first `hit` of every `of`, so results come in a known order.
    Cycle {
        /// Requests that fail in a cycle.
        hit: u64,
        /// Length of a cycle, in requests. With 0 none fails.
        of: u64,
    },
    /// This share of them, without a pattern but the same ones in every run.
    Share {
        /// From 0 to 100.
        percent: u8,
    },
}

impl When {
    /// Whether the rule applies to the request with this number, counted from 0.
    pub const fn applies(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Cycle { of: 0, .. } => false,
            Self::Cycle { hit, of } => number % of < hit,
            Self::Share { percent } => scattered(number) % 100 < percent as u64,
        }
    }
}

/// SplitMix64's finaliser: neighbouring numbers give unrelated results.
const fn scattered(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultAction {
    /// The request waits, then reaches the engine unless the client has left.
    Delay {
        /// How long.
        ms: u64,
    },
    /// No response, but the connection stays open until the client closes it. The
    /// engine never sees the request.
    Silence,
    /// An error in DynamoDB's form. The engine never sees the request.
    Error {
        /// 400 to 599.
        status: u16,
        /// Its type, such as `ThrottlingException`.
        code: &'static str,
    },
}

impl FaultAction {
    /// DynamoDB's response to a throttled client.
    pub const THROTTLED: Self =
        Self::Error { status: 400, code: "ProvisionedThroughputExceededException" };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(when: When, requests: u64) -> Vec<u64> {
        (0..requests).filter(|number| when.applies(*number)).collect()
    }

    #[test]
    fn a_cycle_repeats_its_first_requests() {
        assert_eq!(applied(When::Cycle { hit: 1, of: 3 }, 8), [0, 3, 6]);
        assert_eq!(applied(When::Cycle { hit: 2, of: 4 }, 8), [0, 1, 4, 5]);
        assert!(applied(When::Cycle { hit: 0, of: 4 }, 8).is_empty());
        assert!(applied(When::Cycle { hit: 1, of: 0 }, 8).is_empty());
        assert_eq!(applied(When::Always, 3), [0, 1, 2]);
    }

    #[test]
    fn a_share_has_the_size_that_was_asked_for() {
        for percent in [0, 1, 10, 50, 99, 100] {
            let share = applied(When::Share { percent }, 100_000).len();
            let expected = usize::from(percent) * 1_000;
            assert!(share.abs_diff(expected) < 700, "{percent} %: {share}");
        }
    }
}
