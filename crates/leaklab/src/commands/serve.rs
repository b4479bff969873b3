//! `leaklab serve`: a twin and an embedded DynamoDB with data, to try by hand.

use crate::cli::Serve;
use crate::commands::{seed, stop};
use crate::failure::Failure;
use crate::run::{Database, EngineChoice, Run, connect, program};
use anstream::{eprintln, println};
use anyhow::{Result, bail};
use measure::{Process, ShowLog};
use std::path::Path;
use std::process::ExitCode;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// Runs until a signal.
pub async fn run(arguments: &Serve) -> Result<ExitCode, Failure> {
    let stop = stop::on_signal()?;
    // The signal stops the twin below, so the run itself is never cancelled.
    let run = Run::new(EngineChoice::Embedded, CancellationToken::new())?;
    let served = async |database: &Database| {
        serve(arguments, database, run.scratch(), &stop).await
    };
    run.with_database("serve", served).await?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(
    arguments: &Serve,
    database: &Database,
    scratch: &Path,
    stop: &CancellationToken,
) -> Result<()> {
    seed::fill(&database.table, arguments.seed).await?;
    let name = arguments.twin.as_str();
    let program = program(name)?;
    let mut command = Command::new(&program);
    connect(&mut command, &database.target, database.table.name());
    command.args(["--measure", "--listen", &arguments.listen.to_string()]);
    // If the twin is killed, its temporary files go with this program's folder.
    command.env("TMPDIR", scratch);
    let mut twin = Process::start(name, &program, command, ShowLog::Yes).await?;
    let url = format!("http://{}", twin.address());
    let token = model::seed::session_token(arguments.seed, 0);
    println!("{name} serves at {url}, its database at {}", database.target.url());
    println!("Try:");
    println!("  curl -H 'x-tenant: shop' '{url}/orders?status=open'");
    println!("  curl -H 'x-tenant: shop' {url}/orders/ord-00000001/quote");
    println!("  curl {url}/sessions/{}", token.as_str());
    println!("  curl {url}/__heap");
    println!("  curl {url}/openapi.json");
    println!("Ctrl-C stops both.");
    tokio::select! {
        () = stop.cancelled() => {}
        how = twin.ended() => bail!(how),
    }
    eprintln!("stopping");
    twin.stop().await;
    Ok(())
}
