//! Signals and closed pipes that ask this process to stop.

use anyhow::{Context, Result};
use futures_util::future::select_all;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Signals within this time count as one: GNU `timeout` and a closing terminal send one
/// to this process and one to its group.
const ONE_SIGNAL: Duration = Duration::from_secs(1);

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// Stop, and clean up.
    pub soon: CancellationToken,
    /// Stop although cleaning up has not ended: kill what still runs, and name what
    /// stays.
    pub now: CancellationToken,
}

impl Stop {
    /// Asks for a stop at the first SIGINT, SIGTERM, SIGHUP or SIGQUIT, and at the next
    /// one for a stop now. The handlers are in place when this returns.
    ///
    /// # Errors
    /// The system refuses them.
    pub fn on_signal() -> Result<Self> {
        let ignored = ignored();
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::quit(),
        ];
        let mut signals = Vec::new();
        // `nohup` ignores SIGHUP, so that the program outlives its terminal.
        for kind in kinds.into_iter().filter(|kind| !contains(ignored, *kind)) {
            signals.push(signal(kind).context("cannot listen for signals")?);
        }
        let stop = Self::default();
        if !signals.is_empty() {
            tokio::spawn(stop.clone().ask(signals));
        }
        Ok(stop)
    }

    async fn ask(self, mut signals: Vec<Signal>) {
        let mut any = async || {
            let next = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
            select_all(next).await;
        };
        any().await;
        let first = Instant::now();
        self.soon.cancel();
        while first.elapsed() < ONE_SIGNAL {
            any().await;
        }
        self.now.cancel();
    }
}

/// The signals that were ignored when this process began, a bit each. Only Linux says.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn contains(mask: u64, kind: SignalKind) -> bool {
    mask >> (kind.as_raw_value() - 1) & 1 == 1
}

/// Ends when standard input does.
pub async fn stdin_closed() {
    let (closed, end) = tokio::sync::oneshot::channel();
    // A thread of its own: tokio's stdin would hold the runtime open.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = end.await;
}
