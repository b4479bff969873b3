//! One reading of a process by itself: heap, resident memory, files, sockets.

use crate::{Gauges, alloc, sockets};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a measured service prints on stdout as its last line, before the live bytes that
/// are left then. Its state is gone: what tools that look at exit can still see.
pub const AT_EXIT: &str = "live bytes at exit: ";

/// What `GET /__heap` answers. What this system cannot tell is `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Bytes allocated and not freed.
    pub live_bytes: u64,
    /// Blocks allocated and not freed.
    pub live_blocks: u64,
    /// Bytes ever allocated.
    pub total_bytes: u64,
    /// Blocks ever allocated.
    pub total_blocks: u64,
    /// Most live bytes since the last reset of the peak.
    pub peak_bytes: u64,
    /// Requests under way.
    pub in_flight: u64,
    /// Requests since the process started, those under way included.
    #[serde(default)]
    pub requests: u64,
    /// Background tasks alive.
    pub tasks: u64,
    /// Physical memory of the process, in bytes.
    pub resident_bytes: Option<u64>,
    /// Bytes that malloc has given out to Rust and to C, its own overhead included.
    #[serde(default)]
    pub malloc_bytes: Option<u64>,
    /// Open file descriptors.
    pub open_files: Option<u64>,
    /// Number of the process's TCP sockets in each state (`ESTABLISHED`,
    /// `CLOSE_WAIT`, …).
    pub sockets: Option<BTreeMap<String, u64>>,
    /// Numbers that the service itself keeps, by name.
    #[serde(default)]
    pub gauges: BTreeMap<String, u64>,
}

impl Reading {
    /// Reads the counters first, then everything whose reading allocates.
    pub fn take(gauges: &Gauges) -> Self {
        let mut reading = Self::counters(gauges);
        reading.malloc_bytes = alloc::malloc_bytes();
        reading.resident_bytes = resident_bytes();
        reading.open_files = open_files();
        reading.sockets = sockets::by_state();
        reading.gauges = gauges.all_named();
        reading
    }

    /// Reads only what costs next to nothing: counters and gauges.
    pub fn counters(gauges: &Gauges) -> Self {
        let counts = alloc::counts();
        Self {
            live_bytes: counts.live_bytes,
            live_blocks: counts.live_blocks,
            total_bytes: counts.total_bytes,
            total_blocks: counts.total_blocks,
            peak_bytes: alloc::peak_bytes(),
            in_flight: gauges.in_flight.get(),
            requests: gauges.in_flight.times_held(),
            tasks: gauges.tasks.get(),
            ..Self::default()
        }
    }
}

/// Physical memory of this process, in bytes.
///
/// On Linux this is the sum that the kernel makes. A program that adds up its own
/// `/proc/self/smaps`, as memory-stats 1.2 does, needs memory for the text. When the heap
/// grows for it meanwhile, the kernel lists the same heap again: l09 then seemed to grow
/// by 275 kB per request instead of 137.
pub fn resident_bytes() -> Option<u64> {
    let total = std::fs::read_to_string("/proc/self/smaps_rollup").ok();
    let total = total.as_deref().and_then(rollup_bytes);
    total.or_else(|| Some(memory_stats::memory_stats()?.physical_mem as u64))
}

/// From the line `Rss:   15360 kB`.
fn rollup_bytes(total: &str) -> Option<u64> {
    let line = total.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok().map(|kib: u64| kib << 10)
}

/// Counts `/dev/fd`, which Linux and macOS both have.
fn open_files() -> Option<u64> {
    let listing = std::fs::read_dir("/dev/fd").ok()?;
    // One entry is the listing itself.
    Some((listing.count() as u64).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_survives_json() {
        let reading = Reading::take(&Gauges::default());
        let text = serde_json::to_string(&reading).unwrap();
        assert_eq!(serde_json::from_str::<Reading>(&text).unwrap(), reading);
    }

    #[test]
    fn memory_is_resident_once() {
        const BYTES: u64 = 64 << 20;
        // A thread that is not the first has a heap of its own with glibc, and this one
        // fills it before it reads.
        let grown = std::thread::spawn(|| {
            let before = resident_bytes()?;
            let kept: Vec<_> =
                (0..BYTES >> 10).map(|n| vec![n as u8; 1_000]).collect();
            // A reading makes that heap grow once more.
            let after = (0..20).filter_map(|_| resident_bytes()).max();
            drop(kept);
            Some(after? - before)
        });
        let Some(grown) = grown.join().unwrap() else { return };
        assert!((BYTES / 2..BYTES / 2 * 3).contains(&grown), "{grown}");
    }

    #[test]
    fn an_open_file_is_counted() {
        // Other tests open files beside this one, so only the direction is sure
        // over several at once.
        let Some(before) = open_files() else { return };
        let open: Vec<_> =
            (0..200).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        assert!(open_files().unwrap() > before + 100);
        drop(open);
    }
}
