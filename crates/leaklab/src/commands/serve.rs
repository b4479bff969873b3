//! `leaklab serve`: a twin and an embedded DynamoDB with data, to try by hand.

use crate::cli::Serve;
use crate::commands::seed;
use crate::failure::Failure;
use crate::output::{Keep, print, say};
use crate::run::{Database, EngineChoice, Run, connect, killed, limited, program};
use crate::stop::Stop;
use anyhow::{Result, anyhow, bail};
use limit::{Killed, Limit};
use measure::{HeapClient, Instrument, Process};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use workload::Origin;

/// How often a twin with a limit is asked for its requests.
const COUNT_EVERY: Duration = Duration::from_millis(250);

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
    let mut listen = arguments.listen;
    for restarts in 0_u64.. {
        let mut twin = Twin::start(arguments, database, scratch, listen).await?;
        // The next one listens where clients look for it.
        listen = twin.process.address();
        if restarts == 0 {
            twin.introduce(arguments, database)?;
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
            how = twin.ended() => match how.downcast::<Killed>() {
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

/// A running twin and the limit that it has.
struct Twin {
    name: &'static str,
    process: Process,
    limit: Option<Limit>,
}

impl Twin {
    async fn start(
        arguments: &Serve,
        database: &Database,
        scratch: &Path,
        listen: SocketAddr,
    ) -> Result<Self> {
        let name = arguments.twin.as_str();
        let program = program(name)?;
        let limit = arguments.memory.limit()?;
        let mut command = limited(limit.as_ref(), &program);
        connect(&mut command, &database.target, database.table.name());
        command.args(["--measure", "--listen", &listen.to_string()]);
        // If the twin is killed, its temporary files go with this program's folder.
        command.env("TMPDIR", scratch);
        let process = Process::start(name, &program, command).await?;
        Ok(Self { name, process, limit })
    }

    fn introduce(&self, arguments: &Serve, database: &Database) -> Result<()> {
        let Self { name, process, limit } = self;
        let url = format!("http://{}", process.address());
        let token = model::seed::session_token(arguments.seed, 0);
        let limit =
            limit.as_ref().map_or_else(String::new, |limit| format!("{limit}\n"));
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

    /// Waits until it exits by itself: [`Killed`], or its exit report.
    async fn ended(&mut self) -> anyhow::Error {
        let mut requests = None;
        let report = loop {
            if self.limit.is_none() {
                break self.process.ended().await;
            }
            // The last answer before it is killed says how many requests it received.
            match tokio::time::timeout(COUNT_EVERY, self.process.ended()).await {
                Ok(report) => break report,
                Err(_) => {
                    let heap = HeapClient::new(Origin(self.process.address()));
                    let counters = heap.counters().await.ok();
                    requests = counters.map(|c| c.requests).or(requests);
                }
            }
        };
        let limit = self.limit.as_ref();
        match killed(&mut self.process, limit, self.name, &report) {
            Some(killed) => {
                let after = requests.map(limit::requests);
                let after = after.map(|requests| format!("at least {requests}"));
                Killed { after, ..killed }.into()
            }
            None => anyhow!(report),
        }
    }
}
