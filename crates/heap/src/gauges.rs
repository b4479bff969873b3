//! What a service counts of itself because no runtime counts it: requests in
//! flight, live background tasks, and whatever else it gives a name.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// Name of the gauge in which a service counts its calls to its database, attempts
/// that are retries included. It only rises.
pub const DATABASE_CALLS: &str = "database calls";

/// A number that goes up while something lasts.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    now: AtomicU64,
    ever: AtomicU64,
}

impl Gauge {
    /// Counts one more, until the guard is dropped, on whichever path that happens.
    #[must_use = "the gauge falls as soon as this is dropped"]
    pub fn hold(&self) -> GaugeGuard {
        self.0.now.fetch_add(1, Relaxed);
        self.0.ever.fetch_add(1, Relaxed);
        GaugeGuard(Arc::clone(&self.0))
    }

    /// Counts something that happened, where nothing ends.
    pub fn add(&self, number: u64) {
        self.0.now.fetch_add(number, Relaxed);
    }

    /// Sets the number, where something else counts (a map's length). A gauge is
    /// either set or held, not both.
    pub fn set(&self, number: u64) {
        self.0.now.store(number, Relaxed);
    }

    /// How often it has been held since the process started.
    pub fn times_held(&self) -> u64 {
        self.0.ever.load(Relaxed)
    }

    /// How many guards there are, or what was set.
    pub fn get(&self) -> u64 {
        self.0.now.load(Relaxed)
    }
}

/// One unit of a [`Gauge`].
#[derive(Debug)]
pub struct GaugeGuard(Arc<Held>);

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
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
    named: Arc<Mutex<BTreeMap<&'static str, Gauge>>>,
}

impl Gauges {
    /// The gauge of this name (`subscribers`), made when it is first asked for. Two
    /// who ask get the same.
    pub fn named(&self, name: &'static str) -> Gauge {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.entry(name).or_default().clone()
    }

    /// Every named gauge.
    pub fn all_named(&self) -> BTreeMap<String, u64> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.iter().map(|(name, gauge)| ((*name).to_owned(), gauge.get())).collect()
    }
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
        assert_eq!((gauge.get(), gauge.times_held()), (0, 2));
    }
}
