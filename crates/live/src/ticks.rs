//! What was read four times a second, in bounded memory, and how a service died.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time between two ticks.
pub const EVERY: Duration = Duration::from_millis(250);
/// Ticks that are kept: ten minutes at full detail.
const TICKS_MAX: usize = 2_400;
/// Deaths that are kept. A viewer asks for each restart.
const DEATHS_MAX: usize = 200;
/// Seconds before its end is seen in which a killed service may give memory back: a tick
/// was seen with 128 MiB, and more memory takes longer.
const FREES_WITHIN: f64 = 1.0;

/// What a service does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is being started.
    #[default]
    Starting,
    /// It takes requests.
    Running,
    /// The memory limit killed it.
    Killed,
    /// It ended by itself.
    Ended,
}

impl State {
    /// As the page shows it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Killed => "killed",
            Self::Ended => "ended",
        }
    }
}

/// What is known of one service at one time. Rates are those of the last two seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What it does.
    pub state: State,
    /// Starts after the first one.
    pub restarts: u64,
    /// Resident bytes.
    pub resident: Option<u64>,
    /// Live heap bytes, where they are counted.
    pub live: Option<u64>,
    /// Open files.
    pub files: Option<u64>,
    /// The number beside the heap that [`crate::About`] names.
    pub gauge: Option<u64>,
    /// Requests that have ended since the service started.
    pub requests: u64,
    /// Requests per second that ended.
    pub reached: f64,
    /// Errors per second.
    pub errors: f64,
    /// Median latency in milliseconds.
    pub p50: Option<f64>,
}

/// All services at one time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tick {
    /// Seconds since the load began.
    pub at: f64,
    /// Requests per second that were asked for.
    pub load: u64,
    /// Index of the database's state in [`crate::About`].
    pub database: usize,
    /// The service whose call stacks are being recorded.
    #[serde(default)]
    pub window: Option<usize>,
    /// Each service.
    pub services: Vec<Sample>,
}

/// The end of a service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Death {
    /// Which service.
    pub service: usize,
    /// Seconds since the load began.
    pub at: f64,
    /// Resident bytes that were read last.
    pub resident: u64,
    /// Requests that it had served.
    pub requests: u64,
    /// Killed or ended.
    pub state: State,
    /// Why: `resident memory passed 128 MiB (SIGKILL by Leaklab)`.
    pub why: String,
}

/// The line that holds most of what the requests of a dhat window left in memory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// In which service.
    pub service: usize,
    /// Seconds since the load began.
    pub at: f64,
    /// Requests that ended while the window was open.
    pub requests: u64,
    /// Resident bytes that naming call stacks took. The charts leave them out.
    pub names_bytes: u64,
    /// File and line: `src/lessons/cache.rs:42`.
    pub place: String,
    /// Its function, without its path.
    pub function: String,
    /// What it holds, as a share of all that the window's requests left.
    pub share: f64,
    /// What it holds, in bytes.
    pub bytes: u64,
    /// Whether that was at the peak instead of at the end: nothing is left.
    pub at_peak: bool,
    /// The lines around it with their numbers, where the file is known.
    pub source: Vec<(usize, String)>,
}

/// Ticks and deaths. When it is full, every other tick of the older half goes, so that
/// it spans the whole run and is finest where it is newest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ring {
    /// Oldest first.
    pub ticks: Vec<Tick>,
    /// Oldest first.
    pub deaths: Vec<Death>,
    /// The newest line that was found.
    #[serde(default)]
    pub line: Option<Line>,
}

impl Ring {
    /// Adds the newest tick.
    pub fn push(&mut self, tick: Tick) {
        if self.ticks.len() >= TICKS_MAX {
            let half = self.ticks.len() / 2;
            let mut n = 0;
            self.ticks.retain(|_| {
                n += 1;
                n > half || n % 2 == 1
            });
        }
        self.ticks.push(tick);
    }

    /// Adds the newest death.
    pub fn died(&mut self, death: Death) {
        if self.deaths.len() >= DEATHS_MAX {
            self.deaths.remove(0);
        }
        self.deaths.push(death);
    }

    /// Resident bytes of a service when it was killed: the most of its last readings. The
    /// later ones are removed, because memory is freed before the end is seen.
    pub(crate) fn killed(&mut self, service: usize) -> Option<u64> {
        let since = self.last()?.at - FREES_WITHIN;
        let ticks = self.ticks.iter_mut().rev().take_while(|tick| tick.at >= since);
        let samples = ticks.filter_map(|tick| tick.services.get_mut(service));
        let mut newest: Vec<_> = samples
            .skip_while(|sample| sample.state != State::Running)
            .take_while(|sample| sample.state == State::Running)
            .map(|sample| &mut sample.resident)
            .collect();
        let n = (0..newest.len()).rev().max_by_key(|n| *newest[*n])?;
        newest[..n].iter_mut().for_each(|later| **later = None);
        *newest[n]
    }

    /// The newest tick.
    pub fn last(&self) -> Option<&Tick> {
        self.ticks.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_kept_from_its_start_in_bounded_memory() {
        let mut ring = Ring::default();
        for n in 0..100_000 {
            ring.push(Tick { at: f64::from(n), ..Tick::default() });
        }
        let ticks = &ring.ticks;
        assert!(
            (TICKS_MAX / 2..=TICKS_MAX).contains(&ticks.len()),
            "{}",
            ticks.len()
        );
        let (first, last) = (&ticks[0], &ticks[ticks.len() - 1]);
        assert!(first.at.abs() < f64::EPSILON, "{}", first.at);
        assert!((last.at - 99_999.0).abs() < f64::EPSILON);
        assert!(ticks.is_sorted_by(|a, b| a.at < b.at));
    }

    #[test]
    fn what_a_killed_service_gives_back_is_not_drawn() {
        let mut ring = Ring::default();
        for (n, resident) in (0_u32..).zip([90, 100, 110, 128, 70, 20]) {
            let state = State::Running;
            let sample =
                Sample { state, resident: Some(resident), ..Sample::default() };
            let services = vec![Sample::default(), sample];
            ring.push(Tick { at: f64::from(n) / 4.0, services, ..Tick::default() });
        }
        assert_eq!(ring.killed(1), Some(128));
        let kept: Vec<_> =
            ring.ticks.iter().map(|tick| tick.services[1].resident).collect();
        let all = [Some(90), Some(100), Some(110), Some(128), None, None];
        assert_eq!(kept, all);
    }
}
