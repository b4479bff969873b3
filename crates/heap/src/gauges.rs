//! What a service counts of itself because no runtime counts it: requests in
//! flight and live background tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A number that goes up while something lasts.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicU64>);

impl Gauge {
    /// Counts one more, until the guard is dropped, on whichever path that happens.
    #[must_use = "the gauge falls as soon as this is dropped"]
    pub fn hold(&self) -> Held {
        self.0.fetch_add(1, Relaxed);
        Held(Arc::clone(&self.0))
    }

    /// How many guards there are.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One unit of a [`Gauge`].
#[derive(Debug)]
pub struct Held(Arc<AtomicU64>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// The gauges that `/__heap` shows. A clone is the same gauges.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// Requests that have been taken and not answered to the last byte.
    pub in_flight: Gauge,
    /// Background tasks that have been spawned and have not ended. The runtime's
    /// own count misses those of `actix_web::rt::spawn` (tokio's `LocalSet`).
    pub tasks: Gauge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gauge_counts_guards_and_nothing_else() {
        let gauge = Gauge::default();
        let (first, second) = (gauge.hold(), gauge.clone().hold());
        assert_eq!(gauge.get(), 2);
        drop(first);
        drop(second);
        assert_eq!(gauge.get(), 0);
    }
}
