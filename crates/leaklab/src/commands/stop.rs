//! Signals and closed pipes that ask this process to stop.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Cancelled at the first SIGINT or SIGTERM. A second one ends the process at once;
/// its children notice by themselves.
pub(super) fn on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        signalled().await;
        token.cancel();
        signalled().await;
        std::process::exit(i32::from(crate::failure::INTERRUPTED));
    });
    stop
}

async fn signalled() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
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
