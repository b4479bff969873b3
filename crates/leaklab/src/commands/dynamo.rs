//! `leaklab dynamo`: the embedded DynamoDB, behind the fault proxy if faults are given.

use crate::cli::Dynamo;
use crate::failure::Failure;
use crate::output::print;
use crate::run::engine;
use crate::stop::{Stop, stdin_closed};
use anyhow::{Context, Result, anyhow};
use dynamo::Proxy;
use measure::Process;
use std::process::ExitCode;

/// Serves an empty database until a signal or, with `--exit-on-stdin-close`, until
/// standard input closes.
pub async fn run(arguments: &Dynamo) -> Result<ExitCode, Failure> {
    let stop = Stop::on_signal()?;
    let (mut engine, proxy) = start(arguments).await?;
    let address = proxy.as_ref().map_or(engine.address(), Proxy::address);
    print(&format!("listening on http://{address}\n"))?;
    engine.show_log();
    let ended = tokio::select! {
        () = stop.soon.cancelled() => None,
        () = stdin_closed(), if arguments.exit_on_stdin_close => None,
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
        return Ok((engine::start(arguments.listen).await?, None));
    }
    let engine = engine::start(engine::ANY_PORT).await?;
    let upstream = format!("http://{}", engine.address());
    let proxy = Proxy::listen(arguments.listen, &upstream, faults).await;
    Ok((engine, Some(proxy.context("the fault proxy did not start")?)))
}
