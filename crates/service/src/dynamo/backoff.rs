//! Pauses between attempts of the same work.

use std::time::Duration;

/// Upper limit of the first pause. It doubles with each further one.
const FIRST_MAX: Duration = Duration::from_millis(50);

/// Upper limit of any pause: a table that has recovered is used again within it.
const MAX: Duration = Duration::from_secs(5);

/// Full jitter: every pause is drawn from zero up to a limit that doubles. Writers that
/// failed together would otherwise all try again together.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    pauses: u32,
}

impl Backoff {
    /// How many pauses there were.
    pub(super) fn pauses(&self) -> u32 {
        self.pauses
    }

    /// Waits for the next pause.
    pub(super) async fn pause(&mut self) {
        tokio::time::sleep(self.draw()).await;
    }

    fn draw(&mut self) -> Duration {
        let doubled = FIRST_MAX.saturating_mul(2_u32.saturating_pow(self.pauses));
        self.pauses = self.pauses.saturating_add(1);
        doubled.min(MAX).mul_f64(fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_drawn_from_zero_to_a_limit_that_doubles() {
        for (pauses, limit) in
            [(0, 50), (1, 100), (6, 3_200), (7, 5_000), (u32::MAX, 5_000)]
        {
            let drawn = (0..400).map(|_| Backoff { pauses }.draw().as_millis());
            let drawn: Vec<_> = drawn.collect();
            assert!(drawn.iter().all(|ms| *ms <= limit), "{limit}: {drawn:?}");
            assert!(drawn.iter().any(|ms| *ms < limit / 4), "{limit}: {drawn:?}");
            assert!(drawn.iter().any(|ms| *ms > limit / 2), "{limit}: {drawn:?}");
        }
    }
}
