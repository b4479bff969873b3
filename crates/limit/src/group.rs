//! A memory cgroup for one process, of version 1 or 2. Its name says which process made
//! it, so that a later run removes what a killed run left.

use crate::memory_group::{MemoryGroup, ONE, Version, mounts, own_group};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::sleep;
use std::time::Duration;

/// What names of groups begin with, before the process and a number.
const PREFIX: &str = "leaklab-";

/// Moves the shell into a group, and then becomes the program: every page of the program
/// counts, and its process id is that of the child.
const ENTER: &str = r#"echo $$ >"$0" && exec "$@""#;

/// A killed process leaves its group when it has freed its memory.
const LEAVES_WITHIN: u32 = 300;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A group, removed when dropped.
#[derive(Debug)]
pub(crate) struct Group {
    /// What counts in it.
    pub(crate) memory: MemoryGroup,
}

impl Group {
    /// A group in which processes may have this many bytes together, if this process may
    /// make one and move others into it.
    pub(crate) fn new(bytes: u64) -> Option<Self> {
        places().find_map(|(version, place)| Self::within(&place, version, bytes))
    }

    fn within(place: &Path, version: Version, bytes: u64) -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let folder = place.join(format!("{PREFIX}{process}-{number}"));
        fs::create_dir(&folder).ok()?;
        let group = Self { memory: MemoryGroup { folder, version } };
        let bytes = bytes.to_string();
        // A group without the controller has no such file, and none can be made.
        group.set(version.limit, &bytes).ok()?;
        for (name, value) in version.others {
            let _ = group.set(name, value.unwrap_or(&bytes));
        }
        let entered =
            group.command(OsStr::new("true")).stderr(Stdio::null()).status();
        entered.is_ok_and(|status| status.success()).then_some(group)
    }

    fn set(&self, name: &str, value: &str) -> io::Result<()> {
        let path = self.memory.folder.join(name);
        fs::OpenOptions::new().write(true).open(&path)?;
        fs::write(path, value)
    }

    /// A command that starts this program in the group.
    pub(crate) fn command(&self, program: &OsStr) -> Command {
        // Pages of a file count where it is read first. In the group the kernel would drop
        // and read the program's own code again and again, for minutes, before it kills.
        if let Ok(mut file) = fs::File::open(program) {
            let _ = io::copy(&mut file, &mut io::sink());
        }
        let mut command = Command::new("sh");
        command.args(["-c", ENTER]).arg(self.memory.folder.join("cgroup.procs"));
        command.arg(program);
        command
    }

    /// Sets another limit, or none; whether it is in force.
    pub(crate) fn change(&self, bytes: Option<u64>) -> bool {
        let Version { limit, others, .. } = self.memory.version;
        let none = if self.memory.version == ONE { "-1" } else { "max" };
        let bytes = bytes.map_or_else(|| none.to_owned(), |bytes| bytes.to_string());
        // The limit with swap is never below the one without, so the first try fails
        // for a higher one.
        let _ = self.set(limit, &bytes);
        for (name, _) in others.iter().filter(|(_, value)| value.is_none()) {
            let _ = self.set(name, &bytes);
        }
        self.set(limit, &bytes).is_ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for _ in 0..LEAVES_WITHIN {
            if fs::remove_dir(&self.memory.folder).is_ok()
                || !self.memory.folder.exists()
            {
                return;
            }
            sleep(LOOK_EVERY);
        }
    }
}

/// Removes the groups of processes that have ended. The kernel keeps a group in which a
/// process still runs, so a group in use is never removed.
pub(crate) fn remove_left() {
    let mut folders: Vec<PathBuf> = mounts().map(|mount| mount.folder).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            match entry.file_name().to_str().and_then(owner) {
                Some(process) if !Path::new("/proc").join(process).exists() => {
                    // An error means that it is in use or somebody else's.
                    let _ = fs::remove_dir(entry.path());
                }
                _ => folders.push(entry.path()),
            }
        }
    }
}

/// The process that made a group of this name.
fn owner(name: &str) -> Option<&str> {
    let (process, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    (is_number(process) && is_number(number)).then_some(process)
}

/// Where a group may be made: below this process's own, or below those around it, because
/// version 2 allows no group with a limit below one that has processes.
fn places() -> impl Iterator<Item = (Version, PathBuf)> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    mounts().flat_map(move |mount| {
        let group = own.lines().find_map(|line| own_group(line, mount.version));
        let group = group.unwrap_or_default();
        let below = group.strip_prefix(&mount.root).unwrap_or_default();
        let innermost = mount.folder.join(below.trim_start_matches('/'));
        let around = innermost.ancestors().map(Path::to_owned);
        let around: Vec<_> =
            around.take_while(|place| place.starts_with(&mount.folder)).collect();
        around.into_iter().map(move |place| (mount.version, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_removed_once_its_maker_has_ended() {
        let Some(used) = Group::new(64 << 20) else {
            return eprintln!("skipped: this user may make no memory cgroup");
        };
        // Process ids are smaller.
        let left =
            used.memory.folder.with_file_name(format!("{PREFIX}{}-0", u32::MAX));
        fs::create_dir(&left).unwrap();
        remove_left();
        assert!(!left.exists() && used.memory.folder.exists());
        used.change(None);
        let limit =
            fs::read_to_string(used.memory.folder.join(used.memory.version.limit))
                .unwrap();
        assert_ne!(limit.trim(), "67108864");
        assert_eq!((owner("leaklab-1-2"), owner("leaklab-x-2")), (Some("1"), None));
    }
}
