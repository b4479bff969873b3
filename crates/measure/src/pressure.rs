//! What else the machine did during a measurement, and what had to be measured again
//! because of it.
//!
//! Other load does not change a heap by itself. It makes requests meet deadlines, and a
//! request that was given up does other work than one that was served. So requests that
//! show it are not judged but sent again; the load is reported beside the verdict.

use crate::outside;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Instant;

/// Other programs that use less than a quarter of the processor leave enough for the
/// services of one lesson, whose driver, database and two twins wait most of the time.
const OTHER_CPU_HIGH: f64 = 0.25;
/// A process that waits for the disk or for memory for a tenth of the time shows in
/// every latency.
const WAIT_HIGH: f64 = 0.1;

/// Other load during a measurement. What this system does not report is `null`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// Share of the time of all cores that other programs used, and that a hypervisor
    /// gave to other machines. Programs that this one started are not others.
    pub other_cpu_share: Option<f64>,
    /// Share of the time in which some process waited for the disk (Linux pressure stall
    /// information).
    pub io_wait_share: Option<f64>,
    /// Share of the time in which some process waited for memory.
    pub memory_wait_share: Option<f64>,
    /// The longest time in the rounds without a response, in seconds.
    pub longest_pause_seconds: f64,
    /// What was sent again, and why, a phrase each.
    pub repeated: Vec<String>,
}

impl Pressure {
    /// What was repeated and the load, in a phrase; `None` where there was neither.
    pub fn phrase(&self) -> Option<String> {
        let parts: Vec<_> = self.load().into_iter().chain(self.repeats()).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Other load, where it was high.
    pub fn load(&self) -> Option<String> {
        let part = |share: Option<f64>, high: f64, words: [&str; 2]| {
            let share = share.filter(|&share| share >= high)?;
            Some(format!("{} {:.0} % {}", words[0], 100.0 * share, words[1]))
        };
        let cpu = ["other programs used", "of the processor"];
        let io = ["processes waited for the disk", "of the time"];
        let memory = ["processes waited for memory", "of the time"];
        let parts = [
            part(self.other_cpu_share, OTHER_CPU_HIGH, cpu),
            part(self.io_wait_share, WAIT_HIGH, io),
            part(self.memory_wait_share, WAIT_HIGH, memory),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// What was sent again.
    pub fn repeats(&self) -> Option<String> {
        let (first, others) = self.repeated.split_first()?;
        let more = match others.len() {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        Some(format!("sent again: {first}{more}"))
    }

    /// The higher of each share.
    #[must_use]
    pub fn most(self, other: &Self) -> Self {
        let most = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Self {
            other_cpu_share: most(self.other_cpu_share, other.other_cpu_share),
            io_wait_share: most(self.io_wait_share, other.io_wait_share),
            memory_wait_share: most(self.memory_wait_share, other.memory_wait_share),
            ..self
        }
    }
}

/// Watches the machine from its start on.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Instant,
    counters: Counters,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), counters: Counters::read() }
    }

    /// The load since the start.
    pub(crate) fn pressure(&self) -> Pressure {
        let (before, now) = (&self.counters, Counters::read());
        let passed = self.began.elapsed().as_micros().max(1) as f64;
        let share = |before: Option<u64>, now: Option<u64>| {
            Some((now?.saturating_sub(before?) as f64 / passed).min(1.0))
        };
        Pressure {
            other_cpu_share: other_cpu_share(before.cpu, now.cpu),
            io_wait_share: share(before.io_us, now.io_us),
            memory_wait_share: share(before.memory_us, now.memory_us),
            ..Pressure::default()
        }
    }
}

/// Counters of the system, which only rise.
#[derive(Debug)]
struct Counters {
    cpu: Option<Cpu>,
    io_us: Option<u64>,
    memory_us: Option<u64>,
}

/// Processor time in ticks: of all cores, what was used of it, and what this program and
/// its children used.
#[derive(Debug, Clone, Copy)]
struct Cpu {
    all: u64,
    used: u64,
    own: u64,
}

impl Counters {
    fn read() -> Self {
        let waited = |what: &str| {
            let file =
                std::fs::read_to_string(format!("/proc/pressure/{what}")).ok()?;
            file.lines().next()?.split_once("total=")?.1.parse().ok()
        };
        Self { cpu: cpu(), io_us: waited("io"), memory_us: waited("memory") }
    }
}

fn other_cpu_share(before: Option<Cpu>, now: Option<Cpu>) -> Option<f64> {
    let (before, now) = (before?, now?);
    let all = now.all.saturating_sub(before.all);
    let own = now.own.saturating_sub(before.own);
    let others = now.used.saturating_sub(before.used).saturating_sub(own);
    (all > 0).then(|| others as f64 / all as f64)
}

fn cpu() -> Option<Cpu> {
    let file = std::fs::read_to_string("/proc/stat").ok()?;
    // user nice system idle iowait irq softirq steal; guests are part of user.
    let ticks: Vec<u64> = file
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .flat_map(str::parse)
        .collect();
    let all = ticks.iter().take(8).sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(Cpu { all, used: all - idle, own: own_ticks()? })
}

/// Ticks of this program, of its children, and of those that have ended.
fn own_ticks() -> Option<u64> {
    let ticks = |stat: &[String], fields: Range<usize>| -> u64 {
        let fields = stat.get(fields).into_iter().flatten();
        fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
    };
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let children = processes
        .filter_map(|process| outside::stat(process.file_name().to_str()?))
        .filter(|child| child.get(1) == Some(&own))
        .map(|child| ticks(&child, 11..13));
    Some(ticks(&outside::stat("self")?, 11..15) + children.sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_work_is_not_pressure_and_what_was_repeated_is_named() {
        let cpu = |all, used, own| Some(Cpu { all, used, own });
        let share = other_cpu_share(cpu(0, 0, 0), cpu(200, 180, 150)).unwrap();
        assert!((share - 0.15).abs() < 1e-9);
        let quiet = Pressure { other_cpu_share: Some(share), ..Pressure::default() };
        assert_eq!(quiet.phrase(), None);
        let repeated = vec!["round 2 (no response for 3.0 s)".to_owned(); 2];
        let busy = Pressure { other_cpu_share: Some(0.5), repeated, ..quiet };
        assert_eq!(
            busy.phrase().unwrap(),
            "other programs used 50 % of the processor; sent again: round 2 (no \
             response for 3.0 s), and 1 more"
        );
    }

    #[test]
    fn linux_reports_the_processor() {
        let watch = Watch::start();
        if cfg!(target_os = "linux") {
            let before = watch.counters.cpu.unwrap();
            // Until the clock of the counters has ticked.
            while cpu().unwrap().all == before.all {}
            let share = watch.pressure().other_cpu_share.unwrap();
            assert!((0.0..=1.0).contains(&share), "{share}");
        }
    }
}
