//! What can be read of a process from outside, beside its heap.

use anyhow::{Context, Result};
use heap::Reading;
use limit::MemoryGroup;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::iter;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Name of the gauge that counts the threads of a process.
pub(crate) const THREADS: &str = "threads";
/// Files in the process's folder for temporary files, and open ones that have no name
/// any more.
pub const TEMPORARY_FILES: &str = "temporary files";
/// Bytes in them.
pub const TEMPORARY_BYTES: &str = "temporary bytes";
/// CPU time of the process.
pub const CPU: &str = "CPU milliseconds";
/// Memory of the control group, as Kubernetes counts a working set: without the pages of
/// files that the kernel can drop.
pub const GROUP_BYTES: &str = "container bytes";
/// Processes of the control group that the kernel has killed for want of memory.
pub const OOM_KILLS: &str = "out-of-memory kills";

/// Names of the states 1 to 11 in `/proc/net/tcp` (include/net/tcp_states.h).
const SOCKET_STATES: [&str; 11] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
];
/// `/proc/PID/stat` counts CPU time in these on every Linux (`USER_HZ`).
const MILLISECONDS_PER_TICK: u64 = 10;
/// Temporary files that are counted: more would take longer than a round.
const TEMPORARY_MAX: usize = 100_000;

/// Physical memory, open files, sockets by state, threads, temporary files, and shared
/// memory.
///
/// # Errors
/// The process has ended, or the system has no `/proc`.
pub fn reading(process: u32) -> Result<Reading> {
    let resident_bytes = resident_bytes(process)?;
    let folder = format!("/proc/{process}/fd");
    let files = fs::read_dir(&folder);
    let files =
        files.with_context(|| format!("cannot read the files of {process}"))?;
    let (mut open_files, mut sockets) = (0, HashSet::new());
    let mut temporary = in_temporary_folder(process).unwrap_or_default();
    for file in files.flatten() {
        let Ok(target) = fs::read_link(file.path()) else { continue };
        open_files += 1;
        let target = target.to_string_lossy();
        let inode = target.strip_prefix("socket:[");
        if let Some(inode) = inode.and_then(|inode| inode.strip_suffix(']')) {
            sockets.insert(inode.to_owned());
        }
        // It has no name, and its bytes stay on the disk until it is closed.
        if target.starts_with('/') && target.ends_with(" (deleted)") {
            let bytes = fs::metadata(file.path()).map_or(0, |file| file.len());
            temporary = (temporary.0 + 1, temporary.1 + bytes);
        }
    }
    let gauges = [
        (THREADS, status_number(process, "Threads:")?),
        ("open sockets", sockets.len() as u64),
        (TEMPORARY_FILES, temporary.0),
        (TEMPORARY_BYTES, temporary.1),
        // Kernels before 4.5 have no such line.
        (
            "shared memory bytes",
            status_number(process, "RssShmem:").unwrap_or(0) * 1024,
        ),
    ];
    Ok(Reading {
        resident_bytes: Some(resident_bytes),
        open_files: Some(open_files),
        sockets: Some(sockets_by_state(process, &sockets)),
        gauges: gauges.map(|(name, value)| (name.to_owned(), value)).into(),
        ..Reading::default()
    })
}

/// Physical memory.
pub fn resident_bytes(process: u32) -> Result<u64> {
    Ok(status_number(process, "VmRSS:")? * 1024)
}

/// The most physical memory since [`reset_peak`].
pub(crate) fn peak_bytes(process: u32) -> Result<u64> {
    Ok(status_number(process, "VmHWM:")? * 1024)
}

/// Resets the peak to what there is now.
///
/// # Errors
/// The process has ended, or is another user's.
pub(crate) fn reset_peak(process: u32) -> std::io::Result<()> {
    // As proc(5) says.
    fs::write(format!("/proc/{process}/clear_refs"), "5")
}

/// What changes without a fault of the process, or is shared with others: CPU time, swap
/// and the memory of the control group. What the system does not tell is left out.
pub fn surroundings(process: u32) -> BTreeMap<String, u64> {
    let group = MemoryGroup::of(process);
    let group = group.as_ref();
    let all = [
        (CPU, cpu_milliseconds(process)),
        (
            "swapped bytes",
            status_number(process, "VmSwap:").ok().map(|kib| kib * 1024),
        ),
        (GROUP_BYTES, group.and_then(MemoryGroup::used_bytes)),
        (OOM_KILLS, group.and_then(MemoryGroup::oom_kills)),
    ];
    let known = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// When the process began, in ticks since the system did. With its number, it says
/// whether a process is the same. `None` when it has ended, also if its parent has not
/// taken notice.
pub fn began(process: u32) -> Option<u64> {
    match &*stat_field(process, 3)? {
        "Z" | "X" => None,
        _ => stat_field(process, 22)?.parse().ok(),
    }
}

/// What the kernel writes behind the path of a program that was built again.
const REPLACED: &str = " (deleted)";

/// The file name of the program.
pub fn program(process: u32) -> Option<String> {
    Some(program_file(process)?.trim_end_matches(REPLACED).to_owned())
}

/// Whether the program was built again since the process began.
pub fn is_rebuilt(process: u32) -> bool {
    program_file(process).is_some_and(|name| name.ends_with(REPLACED))
}

fn program_file(process: u32) -> Option<String> {
    let path = fs::read_link(format!("/proc/{process}/exe")).ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn cpu_milliseconds(process: u32) -> Option<u64> {
    let ticks = |number| stat_field(process, number)?.parse::<u64>().ok();
    Some((ticks(14)? + ticks(15)?) * MILLISECONDS_PER_TICK)
}

/// A field of `/proc/PID/stat`, as proc(5) counts them.
fn stat_field(process: u32, number: usize) -> Option<String> {
    stat(&process.to_string())?.into_iter().nth(number - 3)
}

/// The fields of `/proc/PID/stat` after the name, which may have spaces and parentheses;
/// the first is number 3 of proc(5).
pub(crate) fn stat(process: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// Limits that a process meets when something rises. `None` where the system does not say,
/// or sets no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Open files: `ulimit -n`.
    pub open_files: Option<u64>,
    /// Bytes of memory: the kernel ends a process of a container at that size.
    pub memory_bytes: Option<u64>,
}

impl Limits {
    /// Those of a process of this machine.
    pub fn of(process: u32) -> Self {
        let limits = fs::read_to_string(format!("/proc/{process}/limits"));
        let limits = limits.unwrap_or_default();
        let soft = |line: &str| {
            let limit = line.strip_prefix("Max open files")?;
            limit.split_whitespace().next()?.parse().ok()
        };
        Self {
            open_files: limits.lines().find_map(soft),
            memory_bytes: MemoryGroup::of(process)
                .and_then(|group| group.limit_bytes()),
        }
    }
}

/// Files of the process's user in the folder and in the folders directly below, and their
/// bytes.
fn in_temporary_folder(process: u32) -> Option<(u64, u64)> {
    let environment = fs::read(format!("/proc/{process}/environ")).ok()?;
    let set = environment.split(|byte| *byte == 0);
    let set = set.filter_map(|one| one.strip_prefix(b"TMPDIR=")).next();
    let folder = String::from_utf8_lossy(set.unwrap_or(b"/tmp"));
    // As the process sees it, also in a container.
    let folder =
        Path::new(&format!("/proc/{process}/root")).join(folder.trim_matches('/'));
    let user = status_number(process, "Uid:").ok()?;
    let below = |entry: &fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|of| of.is_dir());
        is_folder.then(|| fs::read_dir(entry.path()).ok()).flatten()
    };
    let entries = fs::read_dir(folder).ok()?.flatten();
    let entries = entries.flat_map(|entry| {
        let below = below(&entry).into_iter().flatten().flatten();
        iter::once(entry).chain(below)
    });
    let files =
        entries.take(TEMPORARY_MAX).filter_map(|entry| entry.metadata().ok());
    let own = files.filter(|file| u64::from(file.uid()) == user);
    Some(own.fold((0, 0), |(files, bytes), file| {
        (files + 1, bytes + if file.is_file() { file.len() } else { 0 })
    }))
}

fn sockets_by_state(
    process: u32,
    inodes: &HashSet<String>,
) -> BTreeMap<String, u64> {
    let mut states = BTreeMap::new();
    for table in ["tcp", "tcp6"] {
        let table = fs::read_to_string(format!("/proc/{process}/net/{table}"));
        for line in table.unwrap_or_default().lines() {
            let mut fields = line.split_whitespace().skip(3);
            let (state, inode) = (fields.next(), fields.nth(5));
            let state = state.and_then(|hex| usize::from_str_radix(hex, 16).ok());
            let name =
                state.and_then(|state| SOCKET_STATES.get(state.checked_sub(1)?));
            if let (Some(name), Some(inode)) = (name, inode)
                && inodes.contains(inode)
            {
                *states.entry((*name).to_owned()).or_insert(0) += 1;
            }
        }
    }
    states
}

fn status_number(process: u32, name: &str) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path);
    let status = status
        .with_context(|| format!("cannot read {path}: has the process ended?"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("{path} has no {name}"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpListener;
    use std::os::fd::OwnedFd;
    use std::process::Command;

    /// The process has its own folder and files: other tests change those of this one.
    #[test]
    fn files_without_a_name_and_sockets_in_their_state_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        for n in 0..20 {
            fs::write(below.join(n.to_string()), [0; 1_000]).unwrap();
        }
        let unnamed = [(); 2].map(|()| tempfile::tempfile().unwrap());
        for mut file in &unnamed {
            file.write_all(&[0; 300]).unwrap();
        }
        let [output, errors] = unnamed;
        let listener = TcpListener::bind("[::1]:0").unwrap();
        let mut process = Command::new("sleep")
            .arg("600")
            .env("TMPDIR", folder.path())
            .stdin(OwnedFd::from(listener))
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap();
        // `spawn` returns before the system has put the environment in its place.
        let environment = format!("/proc/{}/environ", process.id());
        while fs::read(&environment).unwrap().is_empty() {
            std::thread::yield_now();
        }
        let seen = reading(process.id());
        let limits = Limits::of(process.id());
        process.kill().unwrap();
        process.wait().unwrap();
        let seen = seen.unwrap();
        // The folder below and its files, and the two that have no name.
        assert_eq!(seen.gauges[TEMPORARY_FILES], 1 + 20 + 2, "{seen:?}");
        assert_eq!(seen.gauges[TEMPORARY_BYTES], 20 * 1_000 + 2 * 300, "{seen:?}");
        assert_eq!(seen.sockets, Some([("LISTEN".to_owned(), 1)].into()));
        assert!(limits.open_files.is_some_and(|files| files > 10), "{limits:?}");
    }
}
