//! `leaklab-engine ADDRESS`: an empty in-memory DynamoDB, for `leaklab` to start as a
//! child process.
//!
//! It prints `listening on http://ADDRESS` and serves until standard input closes or a
//! signal arrives. Its database work runs on the thread that reads the requests, so it
//! must not share a process with what is measured.

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

// The database has one lock, so a second thread would mostly wait: 10 % more CPU.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the parent shows the last one, if it is still there.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let address = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let address = address.context(
        "usage: leaklab-engine IP:PORT (or `leaklab dynamo`, which starts it)",
    )?;
    // The handlers must be in place before the parent learns the address.
    let interrupt = signal(SignalKind::interrupt())?;
    let terminate = signal(SignalKind::terminate())?;
    let listener = listen(address).with_context(|| match address.port() {
        0 => format!("no port is free on {}", address.ip()),
        _ => format!("cannot listen on {address} (--listen)"),
    })?;
    let database = Database::memory()?;
    announce(listener.local_addr()?).context("cannot write to stdout")?;
    dynoxide::server::serve_with_shutdown(
        listener,
        database,
        stop(interrupt, terminate),
    )
    .await
    .map_err(|error| anyhow!(error))
}

/// Accepted connections inherit TCP_NODELAY on Linux; elsewhere it has no effect.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

/// Ends at a signal or when standard input closes, so that no parent leaves an orphan.
async fn stop(mut interrupt: Signal, mut terminate: Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = stdin_closed() => {}
    }
}

/// Reads on a thread of its own, because tokio's stdin would hold the runtime open.
async fn stdin_closed() {
    let (closed, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // A read error ends the program as a closed pipe does.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    // An error says that the thread is gone, which is the same.
    let _ = end.await;
}
