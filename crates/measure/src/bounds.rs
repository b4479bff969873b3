//! What a measurement may use up of a service: files, threads, memory and time.

use crate::outside::THREADS;
use heap::Reading;
use std::time::Duration;

/// A stage uses at most this share of the files and threads that are left: singles and
/// call stacks need the rest.
const STAGE_SHARE: f64 = 0.9;

/// What a measurement may use up.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Open files.
    pub open_files: u64,
    /// Threads.
    pub threads: u64,
    /// Bytes of growth.
    pub growth_bytes: u64,
    /// Time of a stage.
    pub stage: Duration,
    /// Time without requests after which growth may be gone; zero not to wait.
    pub idle: Duration,
    /// Time for single requests that show what each status leaves; zero to send none.
    pub by_status: Duration,
}

/// What each request of a stage used up, on average.
pub(crate) struct Use {
    growth_bytes: f64,
    open_files: f64,
    threads: f64,
    pub(crate) seconds: f64,
}

impl Use {
    pub(crate) fn of(
        before: &Reading,
        after: &Reading,
        requests: u64,
        took: Duration,
    ) -> Self {
        let each = |before: Option<u64>, after: Option<u64>| {
            let rise = after.unwrap_or(0).saturating_sub(before.unwrap_or(0));
            rise as f64 / requests.max(1) as f64
        };
        Self {
            growth_bytes: each(Some(before.live_bytes), Some(after.live_bytes)),
            open_files: each(before.open_files, after.open_files),
            threads: each(threads(before), threads(after)),
            seconds: took.as_secs_f64() / requests.max(1) as f64,
        }
    }
}

fn threads(reading: &Reading) -> Option<u64> {
    reading.gauges.get(THREADS).copied()
}

impl Bounds {
    /// Requests that a stage may have if each goes on to use so much.
    pub(crate) fn requests(&self, each: &Use, now: &Reading) -> f64 {
        least([
            self.growth_bytes as f64 / each.growth_bytes,
            STAGE_SHARE * self.handles(each, now),
            self.stage.as_secs_f64() / each.seconds,
        ])
    }

    /// Requests until the service has as many files and threads as it may.
    pub(crate) fn handles(&self, each: &Use, now: &Reading) -> f64 {
        let left = |most: u64, now: Option<u64>| {
            most.saturating_sub(now.unwrap_or(0)) as f64
        };
        least([
            left(self.open_files, now.open_files) / each.open_files,
            left(self.threads, threads(now)) / each.threads,
        ])
    }
}

/// The least of some numbers of requests; 0 / 0 where nothing is left and nothing is used.
fn least<const N: usize>(requests: [f64; N]) -> f64 {
    requests.into_iter().filter(|r| !r.is_nan()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_stacks_have_files_left_to_open() {
        let bounds = Bounds {
            open_files: 800,
            threads: 4_000,
            growth_bytes: 1 << 29,
            stage: Duration::from_secs(30),
            idle: Duration::ZERO,
            by_status: Duration::ZERO,
        };
        let each = Use {
            growth_bytes: 100.0,
            open_files: 1.0,
            threads: 0.0,
            seconds: 0.001,
        };
        let now = Reading { open_files: Some(300), ..Reading::default() };
        assert!((bounds.handles(&each, &now) - 500.0).abs() < 1e-9);
        assert!((bounds.requests(&each, &now) - 450.0).abs() < 1e-9);
    }
}
