//! The database of one measurement: fresh, or as fresh as the user's own allows.

use crate::engine;
use crate::process::{Process, ShowLog};
use anyhow::{Result, anyhow};
use dynamo::{Connection, Table, Target};

/// Which DynamoDB the run shall use.
#[derive(Debug, Clone)]
pub enum EngineChoice {
    /// An embedded engine of its own for every twin and lesson.
    Embedded,
    /// The user's, with a prefix for table names.
    External {
        /// Its URL.
        url: String,
        /// What table names begin with.
        prefix: String,
    },
}

/// A table ready for use, and the engine behind it where the run started one.
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
                let obituary = engine.obituary();
                engine.stop().await;
                Err(obituary.map_or(error.into(), |obituary| anyhow!("{obituary}")))
            }
        }
    }

    /// If the engine has ended: how.
    pub fn obituary(&mut self) -> Option<String> {
        self.engine.as_mut().and_then(Process::obituary)
    }

    /// Removes the table if the run made it, and stops the engine if it started it.
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
