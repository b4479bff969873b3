//! Looks at the machine: what the programs and files of the system say.

use crate::PORT;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

/// Programs that single scripts need, and what for.
const OPTIONAL: [(&str, &str); 5] = [
    ("python3", "`scripts/refresh-docs.sh` and `scripts/abuse.py`"),
    ("jq", "`scripts/repeat.sh`"),
    ("chromium", "the tests of the page"),
    ("valgrind", "`scripts/exit-tools.py` and tests of its profiles"),
    ("mdbook", "the book as pages"),
];

/// What was found. `None` where the system does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// What `rustc --version` prints.
    pub rust: Option<String>,
    /// Whether there is a C compiler.
    pub cc: bool,
    /// Whether the programs are built.
    pub built: bool,
    /// Free space where they are built.
    pub disk_gb: Option<f64>,
    /// Memory that programs can have without swapping.
    pub memory_gb: Option<f64>,
    /// Processors.
    pub cores: usize,
    /// Files that a process may have open.
    pub files: Option<u64>,
    /// Programs that want a core, for each core, in the last minute.
    pub load: Option<f64>,
    /// Whether a service can listen on 127.0.0.1.
    pub loopback: bool,
    /// Whether the port is free that `leaklab serve` takes.
    pub port_free: bool,
    /// Programs that are not there, and what needs them.
    pub missing: Vec<(&'static str, &'static str)>,
}

/// Looks at this machine. The folder is where programs are built, or will be.
pub fn examine(folder: &Path, built: bool) -> Machine {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = output("uptime", &[]).and_then(|text| load(&text));
    Machine {
        rust: output("rustc", &["--version"]),
        cc: output("cc", &["--version"]).is_some(),
        built,
        disk_gb: disk_gb(folder),
        memory_gb: memory_gb(),
        cores,
        files: output("sh", &["-c", "ulimit -n"]).and_then(|n| match &*n {
            "unlimited" => Some(u64::MAX),
            n => n.parse().ok(),
        }),
        load: load.map(|load| load / cores as f64),
        loopback: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).is_ok(),
        port_free: TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).is_ok(),
        missing: OPTIONAL
            .into_iter()
            .filter(|(program, _)| output(program, &["--version"]).is_none())
            .collect(),
    }
}

/// What a program prints, without the line end; `None` if it is missing or fails.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
    let done = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    done.status.success().then_some(text)
}

/// The fourth column of `df` in POSIX's form counts blocks of 1,024 bytes.
fn disk_gb(folder: &Path) -> Option<f64> {
    let text = output("df", &["-Pk", folder.to_str()?])?;
    let line = text.lines().nth(1)?;
    let blocks = line.split_whitespace().nth(3)?.parse::<f64>().ok()?;
    Some(blocks * 1_024.0 / 1e9)
}

/// On macOS, what is installed: it does not say what is available.
fn memory_gb() -> Option<f64> {
    if let Ok(text) = std::fs::read_to_string("/proc/meminfo") {
        let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
        let kilobytes = line.split_whitespace().next()?.parse::<f64>().ok()?;
        return Some(kilobytes * 1_024.0 / 1e9);
    }
    let bytes = output("sysctl", &["-n", "hw.memsize"])?;
    Some(bytes.parse::<f64>().ok()? / 1e9)
}

/// The last minute's load: `… load average: 0.52, …`, `… load averages: 0.52 …`.
fn load(uptime: &str) -> Option<f64> {
    let (_, after) = uptime.rsplit_once("load average")?;
    let (_, figures) = after.split_once(':')?;
    figures.split([' ', ',']).find(|f| !f.is_empty())?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_read_on_linux_and_macos() {
        assert_eq!(load("up 2 days, load average: 0.52, 0.58, 0.59"), Some(0.52));
        assert_eq!(load("up 2 days, load averages: 1.52 0.58 0.59"), Some(1.52));
        assert_eq!(load("nothing"), None);
    }
}
