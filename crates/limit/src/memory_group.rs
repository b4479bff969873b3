//! The control group that counts the memory of a process, of version 1 or 2.

use std::fs;
use std::path::{Path, PathBuf};

/// The files of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) number: u8,
    /// The limit, which every group has.
    pub(crate) limit: &'static str,
    /// Limits and settings that a kernel may lack, with `None` for the limit itself:
    /// without them, swap takes what is above the limit.
    pub(crate) others: &'static [(&'static str, Option<&'static str>)],
    /// Has a line `oom_kill N`.
    events: &'static str,
    /// What counts against the limit.
    used: &'static str,
    /// Its part that the kernel drops first: pages of files.
    dropped: &'static str,
}

pub(crate) const ONE: Version = Version {
    number: 1,
    limit: "memory.limit_in_bytes",
    others: &[("memory.memsw.limit_in_bytes", None)],
    events: "memory.oom_control",
    used: "memory.usage_in_bytes",
    dropped: "total_inactive_file",
};

const TWO: Version = Version {
    number: 2,
    limit: "memory.max",
    others: &[("memory.swap.max", Some("0")), ("memory.oom.group", Some("1"))],
    events: "memory.events",
    used: "memory.current",
    dropped: "inactive_file",
};

/// The control group that counts the memory of a process.
#[derive(Debug, Clone)]
pub struct MemoryGroup {
    pub(crate) folder: PathBuf,
    pub(crate) version: Version,
}

impl MemoryGroup {
    /// That of a process of this machine.
    pub fn of(process: u32) -> Option<Self> {
        let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
        mounts().find_map(|Mount { version, root, folder }| {
            let group = groups.lines().find_map(|line| own_group(line, version))?;
            let below = group.strip_prefix(&root).unwrap_or(group);
            let own = folder.join(below.trim_start_matches('/'));
            // In a container the path may be that of the host, which isn't mounted.
            let folder = if own.is_dir() { own } else { folder };
            Some(Self { folder, version })
        })
    }

    /// The smallest limit of the group and those that contain it.
    pub fn limit_bytes(&self) -> Option<u64> {
        let limit = |folder: &Path| {
            let text = fs::read_to_string(folder.join(self.version.limit)).ok()?;
            text.trim().parse::<u64>().ok()
        };
        // The first version writes no limit as the largest number of pages.
        let limits = self.folder.ancestors().filter_map(limit);
        limits.filter(|limit| *limit < 1 << 62).min()
    }

    /// Memory that counts against the limit, without pages of files that can be dropped.
    pub fn used_bytes(&self) -> Option<u64> {
        let used: u64 = self.read(self.version.used)?.trim().parse().ok()?;
        let dropped = numbered(&self.read("memory.stat")?, self.version.dropped);
        Some(used.saturating_sub(dropped.unwrap_or(0)))
    }

    /// Processes that the kernel has killed because the limit was met.
    pub fn oom_kills(&self) -> Option<u64> {
        numbered(&self.read(self.version.events)?, "oom_kill")
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }
}

/// The number after a name that has a line of its own.
fn numbered(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(first, _)| *first == name)?.1.trim().parse().ok()
}

/// Where a hierarchy with the memory controller is mounted.
pub(crate) struct Mount {
    pub(crate) version: Version,
    /// The group that the folder shows: not the root in a container.
    pub(crate) root: String,
    pub(crate) folder: PathBuf,
}

pub(crate) fn mounts() -> impl Iterator<Item = Mount> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut mounts: Vec<_> = text.lines().filter_map(mount).collect();
    mounts.sort_by_key(|mount| mount.version.number);
    mounts.into_iter()
}

/// A line such as `35 32 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory`.
fn mount(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut kind = kind.split(' ');
    let version = match (kind.next()?, kind.nth(1)?) {
        ("cgroup", options) if options.split(',').any(|o| o == "memory") => ONE,
        ("cgroup2", _) => TWO,
        _ => return None,
    };
    let mut place = place.split(' ').skip(3);
    let (root, folder) = (place.next()?.to_owned(), place.next()?.into());
    Some(Mount { version, root, folder })
}

/// A line such as `4:memory:/user` or `0::/user`.
pub(crate) fn own_group(line: &str, version: Version) -> Option<&str> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, group) = (parts.next()?, parts.next()?);
    let fits = match version.number {
        1 => controllers.split(',').any(|controller| controller == "memory"),
        _ => controllers.is_empty(),
    };
    fits.then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_a_limit_where_one_is_set() {
        let folder = tempfile::tempdir().unwrap();
        let group =
            |version| MemoryGroup { folder: folder.path().join("inner"), version };
        fs::create_dir(folder.path().join("inner")).unwrap();
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).unwrap();
        };
        write("inner/memory.max", "max\n");
        write("memory.max", "268435456\n");
        write("inner/memory.current", "1000\n");
        write("inner/memory.stat", "active_file 5\ninactive_file 400\n");
        write("inner/memory.events", "oom 3\noom_kill 2\noom_group_kill 0\n");
        let second = group(TWO);
        assert_eq!(second.limit_bytes(), Some(256 << 20));
        assert_eq!((second.used_bytes(), second.oom_kills()), (Some(600), Some(2)));
        write("inner/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(group(ONE).limit_bytes(), None);
    }

    #[test]
    fn lines_of_the_kernel_are_read() {
        let line =
            "35 32 0:32 /a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";
        let one = mount(line).unwrap();
        assert_eq!((one.version, &*one.root), (ONE, "/a"));
        assert_eq!(one.folder, Path::new("/sys/fs/cgroup/memory"));
        let two = "24 23 0:21 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate";
        assert_eq!(mount(two).unwrap().version, TWO);
        assert!(mount("32 31 0:29 / /cpu rw - cgroup cgroup rw,cpu").is_none());
        assert_eq!(own_group("4:memory:/user", ONE), Some("/user"));
        assert_eq!(own_group("0::/a:b", TWO), Some("/a:b"));
        assert_eq!(own_group("0::/user", ONE), None);
    }
}
