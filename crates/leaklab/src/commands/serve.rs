//! `leaklab serve`: a twin and an embedded DynamoDB with data, to try by hand.

use crate::cli::Serve;
use crate::commands::seed;
use crate::failure::Failure;
use crate::output::{Keep, print, say};
use crate::run::{Database, EngineChoice, Run, Running, Under};
use crate::stop::Stop;
use anyhow::{Result, anyhow, bail};
use limit::Killed;
use measure::{HeapClient, Instrument};
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a twin with a limit is asked for its requests.
const COUNT_EVERY: Duration = Duration::from_millis(250);

/// Runs until a signal.
pub async fn run(arguments: &Serve) -> Result<ExitCode, Failure> {
    let Stop { soon, now } = Stop::on_signal()?;
    // The first signal stops the twin below, in order, and the second one the run.
    let stop = Stop { soon: now, ..Stop::default() };
    let run = Run::new(EngineChoice::Embedded, stop)?;
    let served =
        async |database: &Database| serve(arguments, &run, database, &soon).await;
    run.with_database("serve", served).await?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(
    arguments: &Serve,
    run: &Run,
    database: &Database,
    stop: &CancellationToken,
) -> Result<()> {
    seed::fill(&database.table, arguments.seed).await?;
    let (name, target) = (arguments.twin.as_str(), &database.target);
    let (memory, listen) = (arguments.memory, Some(arguments.listen));
    let mut under = Under { memory, listen, ..Under::default() };
    for restarts in 0_u64.. {
        let mut twin = under.start_with(name, run, database, target, &[]).await?;
        // The next one listens where clients look for it.
        under.listen = Some(twin.process.address());
        if restarts == 0 {
            introduce(&twin, arguments, database)?;
        } else {
            say(&format!("restart {restarts}; it serves again"), Keep::Nothing);
        }
        twin.process.show_log();
        tokio::select! {
            () = stop.cancelled() => {
                say("stopping", Keep::Nothing);
                twin.process.stop().await;
                break;
            }
            how = ended(&mut twin) => match how.downcast::<Killed>() {
                Ok(killed) if arguments.restart => {
                    say(&killed.to_string(), Keep::Nothing);
                }
                Ok(killed) => bail!(killed),
                Err(other) => return Err(other),
            },
        }
    }
    Ok(())
}

/// Prints what can be asked.
fn introduce(twin: &Running, arguments: &Serve, database: &Database) -> Result<()> {
    let (name, address) = (arguments.twin.as_str(), twin.process.address());
    let url = format!("http://{address}");
    let token = model::seed::session_token(arguments.seed, 0);
    let limit = twin.limit().map_or_else(String::new, |limit| format!("{limit}\n"));
    print(&format!(
        "{limit}{name} serves at {url}, its database at {}
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
    ))
}

/// Waits until a twin exits by itself: [`Killed`], or its exit report.
async fn ended(twin: &mut Running) -> anyhow::Error {
    let mut requests = None;
    let report = loop {
        if twin.limit().is_none() {
            break twin.process.ended().await;
        }
        // The last answer before it is killed says how many requests it received.
        match tokio::time::timeout(COUNT_EVERY, twin.process.ended()).await {
            Ok(report) => break report,
            Err(_) => {
                let counters = HeapClient::new(twin.origin()).counters().await.ok();
                requests = counters.map(|c| c.requests).or(requests);
            }
        }
    };
    match twin.killed(&report) {
        Some(killed) => {
            let after = requests.map(limit::requests);
            let after = after.map(|requests| format!("at least {requests}"));
            Killed { after, ..killed }.into()
        }
        None => anyhow!(report),
    }
}
