//! Names of the tables that runs create. Each says which process made it and when, so a
//! later run tells a table that was left behind from one in use and from a user's.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Between the name that a user could have chosen and the owner.
const MARK: &str = ".made-by-leaklab-";

/// No run takes this long. Only where the owner is on another machine, whose processes
/// cannot be seen, its age decides.
const RUN_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The process that made a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    /// When it began, in seconds since 1970.
    since: u64,
    /// Where its process id means something.
    machine: String,
    process: u32,
}

impl Owner {
    fn this() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            since: since.unwrap_or_default().as_secs(),
            machine: machine(),
            process: std::process::id(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (since, machine) =
            (parts.next()?.parse().ok()?, parts.next()?.to_owned());
        let process = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { since, machine, process })
    }

    /// Whether it has certainly ended.
    fn has_ended(&self) -> bool {
        let Self { since, machine, .. } = Self::this();
        if self.since + RUN_WITHIN.as_secs() < since {
            return true;
        }
        let processes = Path::new("/proc");
        let visible = self.machine == machine && processes.join("self").exists();
        visible && !processes.join(self.process.to_string()).exists()
    }
}

/// This boot of this machine and, for containers, its process namespace; `unknown`
/// where the system does not say.
fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let space = std::fs::read_link("/proc/self/ns/pid");
    let (Ok(boot), Ok(space)) = (boot, space) else { return "unknown".to_owned() };
    let space = space.to_string_lossy();
    let letters = boot.trim().chars().chain(space.chars());
    letters.filter(char::is_ascii_alphanumeric).collect()
}

/// The name of a table that this process makes in place of `name`.
pub(crate) fn marked(name: &str) -> String {
    let Owner { since, machine, process } = Owner::this();
    format!("{name}{MARK}{since}-{machine}-{process}")
}

/// Whether a table was made by a run that has ended without removing it. Its name begins
/// with `prefix`.
pub(crate) fn is_left(table: &str, prefix: &str) -> bool {
    let owner = table.starts_with(prefix).then(|| table.rsplit_once(MARK)).flatten();
    let owner = owner.and_then(|(_, owner)| Owner::parse(owner));
    owner.is_some_and(|owner| owner.has_ended())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_left_once_its_owner_has_ended() {
        let own = marked("leaklab-a");
        assert!(own.starts_with("leaklab-a.") && own.len() < 200, "{own}");
        assert!(!is_left(&own, "leaklab-"));
        let of = |owner: Owner| {
            let Owner { since, machine, process } = owner;
            is_left(
                &format!("leaklab-a{MARK}{since}-{machine}-{process}"),
                "leaklab-",
            )
        };
        let this = Owner::this();
        // Process ids are smaller.
        let gone = Owner { process: u32::MAX, ..this.clone() };
        assert_eq!(of(gone.clone()), cfg!(target_os = "linux"));
        assert!(!of(Owner { machine: "other".to_owned(), ..gone }));
        assert!(of(Owner { since: this.since - 90_000, ..this }));
    }

    #[test]
    fn a_users_table_is_never_left() {
        let old = format!("mine-a{MARK}0-other-1");
        assert!(is_left(&old, "mine-") && !is_left(&old, "leaklab-"));
        for name in ["leaklab-a", "leaklab-a.made-by-leaklab-", "leaklab-0-other-1"]
        {
            assert!(!is_left(name, "leaklab-"), "{name}");
        }
    }
}
