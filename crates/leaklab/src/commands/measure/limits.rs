//! Limits that a process meets when something rises: open files, and memory of its
//! control group.

use measure::outside::MemoryGroup;
use std::fs;

/// What a process may have. `None` where the system does not say, or sets no limit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// Open files: `ulimit -n`.
    pub(super) open_files: Option<u64>,
    /// Bytes of memory: the kernel ends a process of a container at that size.
    pub(super) memory_bytes: Option<u64>,
}

impl Limits {
    /// Those of a process of this machine.
    pub(super) fn of(process: u32) -> Self {
        let limits = fs::read_to_string(format!("/proc/{process}/limits"));
        let group = MemoryGroup::of(process);
        Self {
            open_files: soft_limit(&limits.unwrap_or_default()),
            memory_bytes: group.and_then(|group| group.limit_bytes()),
        }
    }
}

/// The soft limit of `/proc/PID/limits`.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line?.split_whitespace().next()?.parse().ok()
}

/// Requests until a limit is reached, from what there is now.
pub(super) fn requests_until(limit: u64, now: u64, per_request: f64) -> u64 {
    (limit.saturating_sub(now) as f64 / per_request) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_limit_of_open_files_that_a_leak_would_meet() {
        let limits = Limits::of(std::process::id());
        assert!(limits.open_files.is_some_and(|files| files > 10), "{limits:?}");
        assert_eq!(soft_limit("Max open files   1024   4096   files"), Some(1_024));
        assert_eq!(soft_limit("Max open files   unlimited   unlimited"), None);
        assert_eq!(requests_until(1_024, 24, 0.5), 2_000);
        assert_eq!(requests_until(10, 20, 1.0), 0);
    }
}
