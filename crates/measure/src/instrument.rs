//! What reads a service's memory.

use crate::outside;
use crate::rest;
use anyhow::{Result, bail};
use heap::{Gauges, Reading, alloc, window};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// Reads the memory of a running service, from outside or through its own routes.
pub trait Instrument: Sync {
    /// A larger step of what is read is not noise, in bytes.
    fn jitter_bytes(&self) -> Option<f64> {
        None
    }

    /// Whether it reads the heap exactly and records call stacks.
    fn has_windows(&self) -> bool {
        true
    }

    /// Waits until the service is at rest, then takes a full reading.
    fn at_rest(&self) -> impl Future<Output = Result<Reading>>;

    /// The counters now.
    fn counters(&self) -> impl Future<Output = Result<Reading>>;

    /// The counters when the service is at rest.
    fn counters_at_rest(&self) -> impl Future<Output = Result<Reading>> {
        rest::reached(async || self.counters().await)
    }

    /// Resets the peak to the present live bytes, where one is kept.
    fn reset_peak(&self) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// Serves a load; what it returned, and the most live bytes meanwhile. `alone` says
    /// that the load is one request. Without an exact peak this reads as often as it can,
    /// and misses what is held for less than a millisecond.
    fn peak<T>(
        &self,
        load: impl Future<Output = Result<T>>,
        alone: bool,
    ) -> impl Future<Output = Result<(T, u64)>> {
        let _ = alone;
        peak_of_readings(self, load)
    }

    /// Opens a window in which call stacks are recorded.
    fn open_window(&self) -> impl Future<Output = Result<()>> {
        async { bail!("this instrument records no call stacks") }
    }

    /// Closes the window; a profile in dhat's format.
    fn close_window(&self) -> impl Future<Output = Result<Vec<u8>>> {
        async { bail!("this instrument records no call stacks") }
    }
}

/// Time between two readings under load.
const READ_EVERY: Duration = Duration::from_millis(1);

/// The largest of many readings during a load.
pub async fn peak_of_readings<T>(
    instrument: &(impl Instrument + ?Sized),
    load: impl Future<Output = Result<T>>,
) -> Result<(T, u64)> {
    let mut load = pin!(load);
    let mut peak = 0;
    loop {
        tokio::select! {
            served = &mut load => return Ok((served?, peak)),
            () = tokio::time::sleep(READ_EVERY) => {
                peak = peak.max(instrument.counters().await?.live_bytes);
            }
        }
    }
}

/// Reads the heap of its own process, where a test has started the service.
#[derive(Debug, Clone, Default)]
pub struct InProcess(pub Gauges);

impl Instrument for InProcess {
    async fn at_rest(&self) -> Result<Reading> {
        self.counters_at_rest().await?;
        Ok(Reading::take(&self.0))
    }

    async fn counters(&self) -> Result<Reading> {
        Ok(Reading::counters(&self.0))
    }

    async fn reset_peak(&self) -> Result<()> {
        alloc::reset_peak();
        Ok(())
    }

    async fn open_window(&self) -> Result<()> {
        Ok(window::open(window::FRAMES, window::OPEN_AT_MOST)?)
    }

    async fn close_window(&self) -> Result<Vec<u8>> {
        Ok(window::close()?)
    }
}

/// Reads the physical memory of any process, from `/proc`.
#[derive(Debug, Clone, Copy)]
pub struct ProcessMemory(pub u32);

impl Instrument for ProcessMemory {
    fn jitter_bytes(&self) -> Option<f64> {
        // malloc gives memory back in pieces of its own and takes it 132 KB at a time
        // (M_TRIM_THRESHOLD and M_TOP_PAD of mallopt(3)), for each of its arenas. Twice
        // that is one step in each of two arenas.
        Some(264_000.0)
    }

    fn has_windows(&self) -> bool {
        false
    }

    async fn at_rest(&self) -> Result<Reading> {
        let Reading { live_bytes, .. } = self.counters_at_rest().await?;
        Ok(Reading { live_bytes, ..outside::reading(self.0)? })
    }

    async fn counters(&self) -> Result<Reading> {
        let live_bytes = outside::resident_bytes(self.0)?;
        Ok(Reading { live_bytes, ..Reading::default() })
    }

    async fn peak<T>(
        &self,
        load: impl Future<Output = Result<T>>,
        _: bool,
    ) -> Result<(T, u64)> {
        // The kernel keeps the peak, and lets its own user reset it.
        if outside::reset_peak(self.0).is_err() {
            return peak_of_readings(self, load).await;
        }
        let served = load.await?;
        Ok((served, outside::peak_bytes(self.0)?))
    }
}
