//! A fault's parts, and which requests it meets.

/// Stands for every operation, and for requests that name none.
pub const EVERY_OPERATION: &str = "*";

/// One rule: what happens to which requests. Plain data, so that a lesson can hold
/// its faults in a constant.
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
    /// Meets each request of the operation.
    pub const fn new(operation: &'static str, action: FaultAction) -> Self {
        Self { operation, action, when: When::Always }
    }

    /// Meets some of them.
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Whether requests of this operation count for this rule.
    pub fn concerns(&self, operation: &str) -> bool {
        let named = self.operation == EVERY_OPERATION || self.operation == operation;
        let batch = matches!(operation, "BatchWriteItem" | "BatchGetItem");
        named && (batch || !matches!(self.action, FaultAction::Unprocessed { .. }))
    }
}

/// Which of the requests that a rule concerns it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each of them.
    Always,
    /// The first `hit` of every `of`, so the answers come in a known order. None if
    /// `of` is 0.
    Cycle {
        /// Requests met in a cycle.
        hit: u64,
        /// Length of a cycle, in requests.
        of: u64,
    },
    /// About so many of a hundred, without a pattern and yet the same ones in every
    /// run.
    Share {
        /// Per cent; 100 and more is each.
        percent: u8,
        /// Another seed chooses others.
        seed: u64,
    },
}

impl When {
    /// Whether it meets the request of this running number, counted from 0.
    pub const fn meets(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Cycle { of: 0, .. } => false,
            Self::Cycle { hit, of } => number % of < hit,
            Self::Share { percent, seed } => {
                mixed(seed ^ mixed(number)) % 100 < percent as u64
            }
        }
    }
}

/// SplitMix64's finaliser: neighbouring numbers come out unrelated.
const fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What happens to a request, or to its answer.
///
/// The engine sees the request only where that is said. A body that is cut always
/// lacks at least its last byte, however many bytes are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultAction {
    /// The request is held, then passed on: a slow answer. The engine sees it unless
    /// the client gives up before.
    Delay {
        /// How long.
        ms: u64,
    },
    /// The request is taken and never answered, until the client closes.
    Silence,
    /// The answer comes in pieces with pauses between them. The engine has answered.
    SlowBody {
        /// Length of a piece; 0 is taken as 1.
        bytes: usize,
        /// Pause after a piece.
        ms: u64,
    },
    /// The head and so much of the body, then nothing. The engine has answered.
    StallBody {
        /// What comes of the body.
        bytes: usize,
    },
    /// The connection is reset before there is an answer.
    Reset,
    /// The connection is reset within the body. The engine has answered. What was
    /// under way may be lost with the reset, so fewer bytes can arrive.
    ResetBody {
        /// What is sent of the body.
        bytes: usize,
    },
    /// The connection ends properly, but within the body. The engine has answered.
    CutBody {
        /// What comes of the body.
        bytes: usize,
    },
    /// An error in DynamoDB's form.
    Error {
        /// 400 to 599; anything else is sent as 500.
        status: u16,
        /// Its type, such as `ThrottlingException`.
        code: &'static str,
    },
    /// Part of a BatchWriteItem or BatchGetItem is handed back as unprocessed, and
    /// the engine sees the rest only. Other operations pass.
    Unprocessed {
        /// Per cent of the batch, rounded down, so that a client which sends the
        /// rest again comes to an end. At 100 nothing is ever processed: DynamoDB
        /// answers that with an error instead.
        share_percent: u8,
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

    const CONSTANT: &[Fault] = &[Fault::new("GetItem", FaultAction::Reset)
        .when(When::Cycle { hit: 1, of: 3 })];

    fn met(when: When, requests: u64) -> Vec<u64> {
        (0..requests).filter(|number| when.meets(*number)).collect()
    }

    #[test]
    fn a_cycle_meets_its_first_requests_again_and_again() {
        assert_eq!(met(CONSTANT[0].when, 8), [0, 3, 6]);
        assert_eq!(met(When::Cycle { hit: 2, of: 4 }, 8), [0, 1, 4, 5]);
        assert_eq!(met(When::Cycle { hit: 9, of: 4 }, 3), [0, 1, 2]);
        assert!(met(When::Cycle { hit: 0, of: 4 }, 8).is_empty());
        assert!(met(When::Cycle { hit: 1, of: 0 }, 8).is_empty());
        assert_eq!(met(When::Always, 3), [0, 1, 2]);
    }

    #[test]
    fn a_share_is_about_so_many_and_the_same_ones_every_time() {
        for percent in [1, 10, 50, 99] {
            let share = met(When::Share { percent, seed: 7 }, 100_000);
            let expected = usize::from(percent) * 1_000;
            assert!(share.len().abs_diff(expected) < 700, "{}", share.len());
            assert_eq!(share, met(When::Share { percent, seed: 7 }, 100_000));
            assert_ne!(share, met(When::Share { percent, seed: 8 }, 100_000));
        }
        assert!(met(When::Share { percent: 0, seed: 7 }, 1_000).is_empty());
        assert_eq!(met(When::Share { percent: 100, seed: 7 }, 1_000).len(), 1_000);
        assert_eq!(met(When::Share { percent: 255, seed: 7 }, 1_000).len(), 1_000);
    }

    #[test]
    fn a_rule_concerns_its_operation_and_unprocessed_concerns_batches() {
        let reset = Fault::new("GetItem", FaultAction::Reset);
        assert!(reset.concerns("GetItem"));
        assert!(!reset.concerns("BatchGetItem"));
        assert!(!reset.concerns(""));
        let every = Fault::new(EVERY_OPERATION, FaultAction::Silence);
        assert!(every.concerns("GetItem"));
        assert!(every.concerns(""));
        let action = FaultAction::Unprocessed { share_percent: 50 };
        let unprocessed = Fault::new(EVERY_OPERATION, action);
        assert!(unprocessed.concerns("BatchWriteItem"));
        assert!(unprocessed.concerns("BatchGetItem"));
        assert!(!unprocessed.concerns("PutItem"));
        assert!(!Fault::new("PutItem", action).concerns("PutItem"));
    }
}
