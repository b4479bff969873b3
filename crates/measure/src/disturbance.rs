//! When a round says more about the machine than about the service.
//!
//! A request that met a deadline, or was refused where the scenario expects no refusals,
//! did other work than one that was served: it may keep less, or more. A round with such
//! a response is not judged. Neither is one in which a process stood still.

use crate::scenario::Scenario;
use std::time::Duration;
use workload::round::to_the_end;

/// Repetitions in an attempt. The waits between them sum up to 20 seconds, which is longer
/// than a browser takes to start.
pub(crate) const REPEATS_MAX: u32 = 8;
/// The first wait; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// A shorter pause is no stop: a page fault, a new connection and a throttled database
/// take as long on a busy machine.
pub(crate) const STOP_MIN: Duration = Duration::from_millis(1_500);
/// A pause this many times as long as that of another round is no slow response but a
/// process that stood still: other load makes all rounds slower, and one of them by a
/// few times at most.
const STOP_TIMES: u32 = 10;

/// Responses by which a service says that it was too slow or too busy: 408, 502, 503 and
/// 504. Those that the scenario expects are none.
pub(crate) fn ends_at(scenario: &Scenario) -> fn(u16, bool) -> bool {
    const fn late(status: u16) -> bool {
        matches!(status, 408 | 502 | 503 | 504)
    }
    match (scenario.may_fail, scenario.may_refuse) {
        (true, _) => to_the_end,
        (false, true) => |status, refused| late(status) && !refused,
        (false, false) => |status, _| late(status),
    }
}

/// Whether a pause is a stop, in words.
pub(crate) fn stop(pause: Duration, usual: Duration) -> Option<String> {
    let stopped = pause > STOP_MIN && pause > usual.saturating_mul(STOP_TIMES);
    stopped.then(|| format!("no response for {:.1} s", pause.as_secs_f64()))
}

/// The wait before a repetition, counted from 1.
pub(crate) fn wait(repetition: u32) -> Duration {
    (FIRST_WAIT * 2_u32.pow(repetition - 1)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_pause_is_a_stop_unless_every_round_has_one() {
        let ms = Duration::from_millis;
        assert_eq!(stop(ms(3_000), ms(40)).unwrap(), "no response for 3.0 s");
        assert_eq!(stop(ms(3_000), ms(2_000)), None);
        assert_eq!(stop(ms(900), ms(1)), None);
        assert!((1..=REPEATS_MAX).all(|n| wait(n) <= LONGEST_WAIT));
    }
}
