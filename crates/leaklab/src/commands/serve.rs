//! `leaklab serve`: a twin and an embedded DynamoDB with data, to try by hand.

use crate::cli::Serve;
use crate::commands::seed;
use crate::failure::Failure;
use crate::output::{Keep, print, say};
use crate::run::{Database, EngineChoice, Run, connect, program};
use crate::stop::Stop;
use anyhow::{Result, bail};
use measure::Process;
use std::path::Path;
use std::process::ExitCode;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// Runs until a signal.
pub async fn run(arguments: &Serve) -> Result<ExitCode, Failure> {
    let Stop { soon, now } = Stop::on_signal()?;
    // The first signal stops the twin below, in order, and the second one the run.
    let stop = Stop { soon: now, ..Stop::default() };
    let run = Run::new(EngineChoice::Embedded, stop)?;
    let served = async |database: &Database| {
        serve(arguments, database, run.scratch(), &soon).await
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
    let mut twin = Process::start(name, &program, command).await?;
    let url = format!("http://{}", twin.address());
    let token = model::seed::session_token(arguments.seed, 0);
    print(&format!(
        "{name} serves at {url}, its database at {}
Try:
  curl -H 'x-tenant: shop' '{url}/orders?status=open'
  curl -H 'x-tenant: shop' {url}/orders/ord-00000001/quote
  curl {url}/sessions/{}
  curl {url}/__heap
  curl {url}/openapi.json
Ctrl-C stops both.
",
        database.target.url(),
        token.as_str()
    ))?;
    twin.show_log();
    tokio::select! {
        () = stop.cancelled() => {}
        how = twin.ended() => bail!(how),
    }
    say("stopping", Keep::Nothing);
    twin.stop().await;
    Ok(())
}
