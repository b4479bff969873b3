//! The database of one measurement: fresh, or as fresh as the user's own allows.

use measure::{Process, ShowLog};
use anyhow::{Result, anyhow};
use dynamo::{Connection, Table, Target};
use std::path::PathBuf;
use tokio::process::Command;

/// Which DynamoDB to use.
#[derive(Debug, Clone)]
pub enum EngineChoice {
    /// An embedded engine for every service and lesson.
    Embedded,
    /// The user's, with a prefix for table names.
    External {
        /// Its URL.
        url: String,
        /// What table names begin with.
        prefix: String,
    },
}

/// A table, and the engine behind it where this run started one.
#[derive(Debug)]
pub struct Database {
    engine: Option<Process>,
    /// Where it is.
    pub target: Target,
    /// The table.
    pub table: Table,
}

impl Database {
    /// Starts an engine or finds the user's, and makes the table.
    ///
    /// # Errors
    /// No engine, or no table.
    pub async fn open(choice: &EngineChoice, use_for: &str) -> Result<Self> {
        let (engine, target, name) = match choice {
            EngineChoice::Embedded => {
                let engine = start_engine("127.0.0.1:0").await?;
                let url = format!("http://{}", engine.address());
                (Some(engine), Target::Embedded { url }, "orders".to_owned())
            }
            EngineChoice::External { url, prefix } => {
                let name = format!("{prefix}{use_for}");
                (None, Target::External { url: url.clone() }, name)
            }
        };
        let connection = Connection::open(&target).await;
        match Table::open(&connection, &name).await {
            Ok(table) => Ok(Self { engine, target, table }),
            Err(error) => {
                let Some(mut engine) = engine else { return Err(error.into()) };
                let exit_report = engine.exit_report();
                engine.stop().await;
                Err(exit_report.map_or(error.into(), |exit_report| anyhow!("{exit_report}")))
            }
        }
    }

    /// If the engine has exited: its exit report.
    pub fn exit_report(&mut self) -> Option<String> {
        self.engine.as_mut().and_then(Process::exit_report)
    }

    /// Removes the table if this run made it, and stops the engine if this run started it.
    ///
    /// # Errors
    /// The table could not be removed.
    pub async fn close(self) -> Result<()> {
        // A table in an engine of our own goes with it.
        let removed = match self.engine {
            Some(engine) => {
                engine.stop().await;
                Ok(())
            }
            None => self.table.remove().await,
        };
        Ok(removed?)
    }
}

/// Starts the embedded engine in a process of its own: this very program, asked to be
/// one.
async fn start_engine(address: &str) -> Result<Process> {
    let program: PathBuf = super::programs_folder()?
        .join("leaklab")
        .with_extension(std::env::consts::EXE_EXTENSION);
    let mut command = Command::new(&program);
    command.args(["dynamo", "--exit-on-stdin-close", "--listen", address]);
    Process::start("the embedded engine", &program, command, ShowLog::No).await
}
