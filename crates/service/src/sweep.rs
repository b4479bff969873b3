//! Frees the expired entries of caches on a timer.
//!
//! moka hides an entry when its time is up, and frees it during a later call. A service
//! that nobody asks makes no calls, so it would keep them.

use moka::future::Cache;
use std::hash::Hash;
use std::time::Duration;

/// Bounds of the time between two sweeps: a sweep costs microseconds if nothing expired.
const EVERY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(60)];

/// Frees entries of this age until the runtime ends. Call it in the service's runtime.
pub fn sweep<K, V>(cache: &Cache<K, V>, age_max: Duration)
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let cache = cache.clone();
    let every = age_max.clamp(EVERY[0], EVERY[1]);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(every).await;
            cache.run_pending_tasks().await;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn an_expired_entry_goes_although_nobody_asks() {
        let age_max = Duration::from_millis(50);
        let cache = Cache::builder().time_to_live(age_max).build();
        sweep(&cache, age_max);
        let value = Arc::new(());
        cache.insert(1, Arc::clone(&value)).await;
        while Arc::strong_count(&value) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
