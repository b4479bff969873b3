//! A memory limit for a child process, and what ended the child.
//!
//! Where the system lets this process make a memory cgroup, the kernel kills the child
//! at the limit, as in a container. Elsewhere the child's counting allocator refuses, and
//! the child aborts as Rust does when memory is used up.

mod bytes;
mod group;
mod memory_group;

pub use bytes::Bytes;
pub use memory_group::MemoryGroup;

use group::Group;
use heap::alloc::LIMIT_VARIABLE;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::Once;
use thousands::Separable;

/// What Rust logs before it aborts because an allocation failed; the second with
/// `RUST_BACKTRACE`, as its last line.
const ALLOCATION_FAILED: [&str; 2] = [
    "memory allocation of",
    "skipping backtrace printing to avoid potential recursion",
];

/// Signals that end a process: by the kernel, and by itself.
const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;

/// Who enforces a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// The kernel where it can, else the allocator.
    #[default]
    Auto,
    /// The kernel.
    Kernel,
    /// The allocator of the service.
    Allocator,
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "kernel" => Ok(Self::Kernel),
            "allocator" => Ok(Self::Allocator),
            _ => Err("it must be auto, kernel or allocator".to_owned()),
        }
    }
}

/// A limit for one process. The process must have ended when this is dropped.
#[derive(Debug)]
pub struct Limit {
    bytes: Bytes,
    means: Means,
}

/// How it is enforced.
#[derive(Debug)]
enum Means {
    Group(Group),
    /// A scope of the user's systemd.
    Scope,
    Allocator,
    /// The same, because nothing else is possible here.
    OnlyAllocator,
}

/// What a process died of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Killed {
    /// The name of the process.
    pub name: String,
    /// By which limit.
    pub by: String,
    /// After which [`requests`], if they were counted.
    pub after: Option<String>,
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was {}", self.name, self.by)?;
        self.after.as_ref().map_or(Ok(()), |after| write!(f, " after {after}"))
    }
}

/// A number of requests in words: `1,880 requests`.
pub fn requests(number: u64) -> String {
    format!("{} requests", number.separate_with_commas())
}

/// There is no way to enforce a limit as it was asked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "this system lets the kernel enforce no memory limit: it needs a memory cgroup in \
     which this user may make groups, or a systemd of this user; use --limit-by allocator"
)]
pub struct NoKernel;

impl Limit {
    /// A limit that is in force for what [`Limit::command`] starts. Also removes groups
    /// that killed runs left.
    ///
    /// # Errors
    /// The kernel is wanted and cannot enforce it.
    pub fn new(bytes: Bytes, by: By) -> Result<Self, NoKernel> {
        static LEFT: Once = Once::new();
        LEFT.call_once(group::remove_left);
        let kernel =
            || Group::new(bytes.0).map(Means::Group).or_else(|| scope_works(bytes));
        let means = match by {
            By::Allocator => Means::Allocator,
            By::Kernel => kernel().ok_or(NoKernel)?,
            By::Auto => kernel().unwrap_or(Means::OnlyAllocator),
        };
        Ok(Self { bytes, means })
    }

    /// A command that starts this program within the limit; its arguments may follow.
    pub fn command(&self, program: &OsStr) -> Command {
        match &self.means {
            Means::Group(group) => group.command(program),
            Means::Scope => scope(self.bytes, program),
            Means::Allocator | Means::OnlyAllocator => {
                let mut command = Command::new(program);
                command.env(LIMIT_VARIABLE, self.bytes.0.to_string());
                command
            }
        }
    }

    /// Changes a limit of the kernel, or lifts it: dhat needs hundreds of MB to name call
    /// stacks, which the allocator doesn't count. Whether that worked: a scope of systemd
    /// keeps its limit.
    pub fn change(&self, bytes: Option<u64>) -> bool {
        match &self.means {
            Means::Group(group) => group.change(bytes),
            Means::Scope => false,
            Means::Allocator | Means::OnlyAllocator => true,
        }
    }

    /// Bytes that count against a limit of the kernel, if they can be read: memory, and
    /// what the kernel holds for sockets.
    pub fn used(&self) -> Option<u64> {
        match &self.means {
            Means::Group(group) => group.memory.used_bytes(),
            _ => None,
        }
    }

    /// Whether the limit ended the process, by its exit status and the end of its log.
    pub fn killed(
        &self,
        name: &str,
        status: ExitStatus,
        log: &str,
    ) -> Option<Killed> {
        let signal = status.signal();
        let ended = match &self.means {
            Means::Group(group) => {
                group.memory.oom_kills().is_some_and(|kills| kills > 0)
            }
            Means::Scope => signal == Some(SIGKILL),
            Means::Allocator | Means::OnlyAllocator => {
                let failed = ALLOCATION_FAILED.iter().any(|text| log.contains(text));
                signal == Some(SIGABRT) && failed
            }
        };
        let by = match &self.means {
            Means::Allocator | Means::OnlyAllocator => "ended by its allocator's",
            Means::Group(_) | Means::Scope => "killed by the kernel's memory",
        };
        let by = format!("{by} limit of {}", self.bytes);
        ended.then(|| Killed { name: name.to_owned(), by, after: None })
    }
}

/// Which limit is in force.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory limit {}: ", self.bytes)?;
        match &self.means {
            Means::Group(group) => {
                let version = group.memory.version.number;
                write!(f, "the kernel kills there (cgroup v{version})")
            }
            Means::Scope => f.write_str("the kernel kills there (systemd scope)"),
            Means::Allocator => f.write_str("aborts at that many live bytes"),
            Means::OnlyAllocator => f.write_str(
                "aborts at that many live bytes, as no cgroup can be made",
            ),
        }
    }
}

/// A command that starts a program in a scope of the user's systemd, which becomes the
/// program and so keeps its process id. `--collect` removes the scope at its end.
fn scope(bytes: Bytes, program: &OsStr) -> Command {
    let mut command = Command::new("systemd-run");
    command.args(["--user", "--scope", "--quiet", "--collect"]);
    command.arg(format!("--property=MemoryMax={}", bytes.0));
    command.args(["--property=MemorySwapMax=0", "--"]).arg(program);
    command
}

fn scope_works(bytes: Bytes) -> Option<Means> {
    let mut command = scope(bytes, OsStr::new("true"));
    let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success()).then_some(Means::Scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(limit: &Limit, script: &str, log: &str) -> Option<String> {
        let mut command = limit.command(OsStr::new("sh"));
        let status = command.args(["-c", script]).status().unwrap();
        limit.killed("sh", status, log).map(|killed| killed.to_string())
    }

    /// The shell keeps what its command prints.
    const GREEDY: &str = "x=$(head -c 200000000 /dev/zero | tr '\\0' x)";

    #[test]
    fn the_kernel_kills_what_takes_more_and_no_group_is_left() {
        let Ok(limit) = Limit::new(Bytes(64 << 20), By::Kernel) else {
            return eprintln!("skipped: {NoKernel}");
        };
        assert_eq!(run(&limit, "exit 1", ""), None);
        let killed = run(&limit, GREEDY, "");
        let expected = "sh was killed by the kernel's memory limit of 64 MiB";
        assert_eq!(killed.as_deref(), Some(expected));
        assert!(limit.used().is_none_or(|bytes| bytes < 64 << 20));
        let Means::Group(group) = limit.means else { return };
        let folder = group.memory.folder.clone();
        assert!(folder.is_dir());
        drop(group);
        assert!(!folder.exists());
    }

    #[test]
    fn an_abort_is_the_limits_if_an_allocation_failed() {
        let limit = Limit::new(Bytes(64 << 20), By::Allocator).unwrap();
        let set = format!("test ${LIMIT_VARIABLE} = 67108864 && kill -ABRT $$");
        let log = "memory allocation of 65536 bytes failed";
        let expected = "sh was ended by its allocator's limit of 64 MiB";
        assert_eq!(run(&limit, &set, log).as_deref(), Some(expected));
        assert_eq!(run(&limit, &set, "assertion failed"), None);
        assert_eq!(run(&limit, "exit 1", log), None);
    }
}
