//! `leaklab dynamo`: the embedded DynamoDB as a process, with faults if asked for.

use crate::cli::Dynamo;
use crate::commands::stop;
use crate::failure::Failure;
use anyhow::{Context, Result};
use dynamo::Proxy;
use dynamo::engine::Engine;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

/// Serves an empty database until a signal, or until standard input closes where
/// that is asked for.
///
/// # Errors
/// The address is taken, or the engine failed.
pub async fn run(arguments: &Dynamo) -> Result<ExitCode, Failure> {
    let signal = stop::on_signal()?;
    let (engine, proxy) = start(arguments).await?;
    let watch = arguments.exit_on_stdin_close;
    let until = async move {
        tokio::select! {
            () = signal.cancelled() => {}
            () = stop::stdin_closed(), if watch => {}
        }
        // The engine waits for its connections, which are the proxy's.
        if let Some(proxy) = proxy {
            proxy.close().await;
        }
    };
    engine.serve(until).await.context("the embedded engine")?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the address and says so: for the engine or, with faults, for the proxy in
/// front of it.
async fn start(arguments: &Dynamo) -> Result<(Engine, Option<Proxy>)> {
    let faults = arguments.faults.clone();
    let (engine, proxy, address);
    if faults.is_empty() {
        engine = bind(arguments.listen)?;
        (proxy, address) = (None, engine.address()?);
    } else {
        engine = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let upstream = format!("http://{}", engine.address()?);
        let front = Proxy::listen(arguments.listen, &upstream, faults).await;
        let front = front.context("the embedded engine")?;
        (address, proxy) = (front.address(), Some(front));
    }
    announce(address).context("cannot write to stdout")?;
    Ok((engine, proxy))
}

fn bind(address: SocketAddr) -> Result<Engine> {
    Engine::bind(address).context("the embedded engine")
}

fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}
