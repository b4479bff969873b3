//! How a client takes its answer: to the end, or not.

use crate::Plan;
use std::time::Duration;

/// What a client does once its request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Reads the answer to its end.
    Waits,
    /// Reads the first bytes of the body and hangs up, as somebody who closes a page.
    LeavesEarly,
    /// Hangs up when there is no answer by then.
    GivesUpAfter(Duration),
}

impl Plan {
    /// How the clients of this lesson behave.
    pub fn manner(&self) -> Manner {
        match self.lesson {
            // Several times the deadline that the lesson's settings give the service,
            // so whoever keeps it is answered first, on a busy machine, too.
            "l07_deadline" => Manner::GivesUpAfter(Duration::from_millis(200)),
            "l08_live_feed" => Manner::LeavesEarly,
            _ => Manner::Waits,
        }
    }
}
