//! Watches a running service for hours: samples in one small file, and a judgement of
//! what grows with time.

mod file;
mod judge;
#[cfg(test)]
mod tests;

pub use file::{Ended, Line, Sample, Service, WatchFile, read};
pub use judge::{Stretch, TimeGrowth, judge};

use crate::outside::{self, CPU};
use heap::Reading;
use std::collections::BTreeMap;

/// Bytes allocated and not freed.
pub const LIVE: &str = "live bytes";
/// Physical memory.
pub const RESIDENT: &str = "resident bytes";
/// Open files.
pub const OPEN_FILES: &str = "open files";
/// Bytes ever allocated: rises with the work that is done.
pub const ALLOCATED: &str = "allocated bytes";

/// Everything that a reading says, by name. `exact` is whether its live bytes are the
/// heap, and not physical memory.
pub fn values(
    reading: Reading,
    exact: bool,
    process: Option<u32>,
) -> BTreeMap<String, u64> {
    let named = [
        (LIVE, exact.then_some(reading.live_bytes)),
        (ALLOCATED, exact.then_some(reading.total_bytes)),
        ("requests in flight", exact.then_some(reading.in_flight)),
        ("background tasks", exact.then_some(reading.tasks)),
        (RESIDENT, reading.resident_bytes),
        (OPEN_FILES, reading.open_files),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let named = named.map(|(name, value)| (name.to_owned(), value));
    let sockets = reading.sockets.into_iter().flatten();
    let sockets =
        sockets.map(|(state, sockets)| (format!("sockets in {state}"), sockets));
    let around = process.map(outside::surroundings).unwrap_or_default();
    named.chain(sockets).chain(reading.gauges).chain(around).collect()
}

/// Whether it counts work that is done, which rises by design.
fn is_work(name: &str) -> bool {
    [ALLOCATED, CPU, heap::gauges::DATABASE_CALLS].contains(&name)
}
