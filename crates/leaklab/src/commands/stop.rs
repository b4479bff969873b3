//! Signals and closed pipes that ask this process to stop.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancelled at the first SIGINT or SIGTERM. A second one ends the process at once;
/// its children notice by themselves. The handlers are in place when this returns.
///
/// # Errors
/// The system refuses them.
pub(super) fn on_signal() -> Result<CancellationToken> {
    let install = |kind| signal(kind).context("cannot listen for signals");
    let mut interrupt = install(SignalKind::interrupt())?;
    let mut terminate = install(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        for _ in 0..2 {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if token.is_cancelled() {
                std::process::exit(i32::from(crate::failure::INTERRUPTED));
            }
            token.cancel();
        }
    });
    Ok(stop)
}

/// Ends when standard input does.
pub(super) async fn stdin_closed() {
    let (closed, end) = tokio::sync::oneshot::channel();
    // A thread of its own: tokio's stdin would hold the runtime open.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = end.await;
}
