//! Limits that a process meets when something rises: open files, and memory of its
//! control group.

use std::fs;
use std::path::Path;

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
        let read = |name: &str| {
            fs::read_to_string(format!("/proc/{process}/{name}")).unwrap_or_default()
        };
        Self {
            open_files: soft_limit(&read("limits")),
            memory_bytes: memory_max(&read("cgroup")),
        }
    }
}

/// The soft limit of `/proc/PID/limits`.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line?.split_whitespace().next()?.parse().ok()
}

/// The smallest limit of a control group (version 2) and those that contain it.
fn memory_max(groups: &str) -> Option<u64> {
    let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let folders = Path::new("/sys/fs/cgroup").join(group);
    let max = |folder: &Path| {
        let text = fs::read_to_string(folder.join("memory.max")).ok()?;
        text.trim().parse().ok()
    };
    folders.ancestors().filter_map(max).min()
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
