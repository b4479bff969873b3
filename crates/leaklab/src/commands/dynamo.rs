//! `leaklab dynamo`: the embedded DynamoDB, behind the fault proxy if faults are given.

use crate::cli::Dynamo;
use crate::commands::stop;
use crate::failure::Failure;
use crate::run::engine;
use anyhow::{Context, Result, anyhow};
use dynamo::Proxy;
use measure::{Process, ShowLog};
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

/// Serves an empty database until a signal or, with `--exit-on-stdin-close`, until
/// standard input closes.
pub async fn run(arguments: &Dynamo) -> Result<ExitCode, Failure> {
    let signal = stop::on_signal()?;
    let (mut engine, proxy) = start(arguments).await?;
    let address = proxy.as_ref().map_or(engine.address(), Proxy::address);
    announce(address).context("cannot write to stdout")?;
    let ended = tokio::select! {
        () = signal.cancelled() => None,
        () = stop::stdin_closed(), if arguments.exit_on_stdin_close => None,
        how = engine.ended() => Some(how),
    };
    // The engine waits for its connections, and the proxy holds some.
    if let Some(proxy) = proxy {
        proxy.close().await;
    }
    engine.stop().await;
    match ended {
        Some(how) => Err(anyhow!(how).into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// With faults, the proxy takes the address and the engine a free port.
async fn start(arguments: &Dynamo) -> Result<(Process, Option<Proxy>)> {
    let faults = arguments.faults.clone();
    if faults.is_empty() {
        return Ok((engine::start(arguments.listen, ShowLog::Yes).await?, None));
    }
    let engine = engine::start(engine::ANY_PORT, ShowLog::Yes).await?;
    let upstream = format!("http://{}", engine.address());
    let proxy = Proxy::listen(arguments.listen, &upstream, faults).await;
    Ok((engine, Some(proxy.context("the fault proxy did not start")?)))
}

fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}
