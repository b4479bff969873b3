//! `leaklab serve`: a twin and an embedded DynamoDB with data, to try by hand.

use crate::cli::Serve;
use crate::commands::{seed, stop};
use crate::failure::Failure;
use crate::run::{Database, EngineChoice, twin_command};
use anstream::{eprintln, println};
use anyhow::{Context, anyhow};
use measure::{Process, ShowLog};
use std::process::ExitCode;

/// Runs until a signal.
///
/// # Errors
/// A process could not be started, or ended by itself.
pub async fn run(arguments: &Serve) -> Result<ExitCode, Failure> {
    let stop = stop::on_signal()?;
    let database = Database::open(&EngineChoice::Embedded, "serve").await?;
    let served = serve(arguments, &database, stop).await;
    database.close().await?;
    served
}

async fn serve(
    arguments: &Serve,
    database: &Database,
    stop: tokio_util::sync::CancellationToken,
) -> Result<ExitCode, Failure> {
    seed::fill(&database.table, arguments.seed).await?;
    let name = arguments.twin.as_str();
    let (program, mut command) =
        twin_command(name, &database.target, database.table.name())?;
    command.args(["--measure", "--listen", &arguments.listen.to_string()]);
    // What a twin that is killed leaves behind goes with this program.
    let scratch = tempfile::Builder::new().prefix("leaklab-").tempdir();
    let scratch = scratch.context("cannot make a temporary folder (TMPDIR)")?;
    command.env("TMPDIR", scratch.path());
    let mut twin = Process::start(name, &program, command, ShowLog::Yes).await?;
    let url = format!("http://{}", twin.address());
    let token = model::seed::session_token(arguments.seed, 0);
    println!("{name} serves at {url}, its database at {}", database.target.url());
    println!("Try:");
    println!("  curl -H 'x-tenant: shop' {url}/orders?status=open");
    println!("  curl -H 'x-tenant: shop' {url}/orders/ord-00000001/quote");
    println!("  curl {url}/sessions/{}", token.as_str());
    println!("  curl {url}/__heap");
    println!("  curl {url}/openapi.json");
    println!("Ctrl-C stops both.");
    let ended = tokio::select! {
        () = stop.cancelled() => None,
        how = twin.ended() => Some(how),
    };
    match ended {
        Some(how) => Err(anyhow!(how).into()),
        None => {
            eprintln!("stopping");
            twin.stop().await;
            Ok(ExitCode::SUCCESS)
        }
    }
}
