//! The database of one measurement: fresh, or as fresh as the user's own allows.

use crate::run::engine;
use anyhow::{Result, anyhow};
use dynamo::{Connection, Table, Target};
use measure::{Process, ShowLog};

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
                let engine = engine::start(engine::ANY_PORT, ShowLog::No).await?;
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
                Err(exit_report
                    .map_or(error.into(), |exit_report| anyhow!("{exit_report}")))
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
