//! `leaklab dynamo`: the embedded DynamoDB as a process.

use crate::cli::Dynamo;
use crate::commands::stop;
use crate::failure::Failure;
use anyhow::Context;
use dynamo::engine::Engine;
use std::io::Write;
use std::process::ExitCode;

/// Serves an empty database until a signal, or until standard input closes where
/// that is asked for.
///
/// # Errors
/// The address is taken, or the engine failed.
pub async fn run(arguments: &Dynamo) -> Result<ExitCode, Failure> {
    let signal = stop::on_signal()?;
    let engine = Engine::bind(arguments.listen).context("the embedded engine")?;
    let address = engine.address().context("the embedded engine")?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on http://{address}")
            .context("cannot write to stdout")?;
        out.flush().context("cannot write to stdout")?;
    }
    let watch = arguments.exit_on_stdin_close;
    let until = async move {
        tokio::select! {
            () = signal.cancelled() => {}
            () = stop::stdin_closed(), if watch => {}
        }
    };
    engine.serve(until).await.context("the embedded engine")?;
    Ok(ExitCode::SUCCESS)
}
