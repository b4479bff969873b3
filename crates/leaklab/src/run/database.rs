//! The database of one task: fresh, or as fresh as the user's own allows; and the run
//! that tasks belong to.

use crate::failure::Failure;
use crate::run::engine;
use anyhow::{Context, Result, anyhow};
use dynamo::{Connection, Table, Target};
use measure::{Process, ShowLog};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

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

/// What all services of a run share.
#[derive(Debug, Clone)]
pub struct Run {
    engine: EngineChoice,
    scratch: Arc<TempDir>,
    /// Cancelled to stop everything.
    pub stop: CancellationToken,
}

impl Run {
    /// A run with a temporary folder, which is removed with it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(engine: EngineChoice, stop: CancellationToken) -> Result<Self> {
        let scratch = tempfile::Builder::new().prefix("leaklab-").tempdir();
        let scratch = scratch.context("cannot make a temporary folder (TMPDIR)")?;
        Ok(Self { engine, scratch: Arc::new(scratch), stop })
    }

    /// The same run, with a stop that leaves the others running.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { stop: self.stop.child_token(), ..self.clone() }
    }

    /// Folder for temporary files of services.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Runs a task on a fresh database. Whatever happens, cancellation included, the
    /// task's processes have ended and the table is removed when this returns.
    ///
    /// # Errors
    /// A process or the database failed, or the user interrupted.
    pub async fn with_database<T>(
        &self,
        use_for: &str,
        task: impl AsyncFnOnce(&Database) -> Result<T>,
    ) -> Result<T, Failure> {
        let mut database = Database::open(&self.engine, use_for).await?;
        let result = tokio::select! {
            // A service without a database still answers, so this is where a dead
            // engine is noticed.
            result = task(&database) => match database.exit_report() {
                Some(report) => Err(anyhow!("{report}").into()),
                None => result.map_err(Failure::from),
            },
            () = self.stop.cancelled() => Err(Failure::Interrupted),
        };
        let closed = database.close().await;
        let result = result?;
        closed?;
        Ok(result)
    }
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
        let (mut engine, target, name) = match choice {
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
                let report = engine.as_mut().and_then(Process::exit_report);
                if let Some(engine) = engine {
                    engine.stop().await;
                }
                Err(report.map_or(error.into(), |report| anyhow!("{report}")))
            }
        }
    }

    /// If the engine has exited: its exit report.
    fn exit_report(&mut self) -> Option<String> {
        self.engine.as_mut().and_then(Process::exit_report)
    }

    /// Removes the table if this run made it, and stops the engine if this run started it.
    ///
    /// # Errors
    /// The table could not be removed.
    pub async fn close(self) -> Result<()> {
        match self.engine {
            // The table disappears with the embedded engine.
            Some(engine) => engine.stop().await,
            None => self.table.remove().await?,
        }
        Ok(())
    }
}
