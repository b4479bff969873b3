//! The database of one task: fresh, or as fresh as the user's own allows; and the run
//! that tasks belong to.

use crate::cli::MemoryLimit;
use crate::failure::Failure;
use crate::run::engine;
use crate::stop::Stop;
use anyhow::{Context, Result, anyhow};
use dynamo::{Connection, Table, TableError, Target, table};
use measure::Process;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};

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

/// Room that a comparison needs in the temporary folder: a profile is up to 1 MB, and up
/// to a dozen are written at a time.
const ROOM_MB: u8 = 16;

/// How often a database is asked whether it is still there. One that dies makes a
/// service answer with errors, which some lessons expect.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// What all services of a run share.
#[derive(Debug, Clone)]
pub struct Run {
    engine: EngineChoice,
    scratch: Arc<TempDir>,
    /// Tables that this run made and could not remove.
    left: Arc<Mutex<Vec<String>>>,
    /// How much memory each service that is measured may have.
    pub memory: MemoryLimit,
    /// Cancelled to stop everything.
    pub stop: Stop,
}

impl Run {
    /// A run with a temporary folder, which is removed with it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new(engine: EngineChoice, stop: Stop) -> Result<Self> {
        let scratch = tempfile::Builder::new().prefix("leaklab-").tempdir();
        let scratch = scratch.with_context(|| {
            let parent = std::env::temp_dir();
            format!(
                "cannot make a temporary folder in {} (TMPDIR)",
                parent.display()
            )
        })?;
        let (scratch, left) = (Arc::new(scratch), Arc::default());
        Ok(Self { engine, scratch, left, memory: MemoryLimit::default(), stop })
    }

    /// The same run, with a stop that leaves the others running.
    #[must_use]
    pub fn child(&self) -> Self {
        let soon = self.stop.soon.child_token();
        Self { stop: Stop { soon, ..self.stop.clone() }, ..self.clone() }
    }

    /// Folder for temporary files of services.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Checks that the temporary folder has room for profiles.
    ///
    /// # Errors
    /// It has not; the message says where and how much.
    pub fn has_room(&self) -> Result<()> {
        let megabyte = vec![0; 1 << 20];
        let written = NamedTempFile::new_in(self.scratch()).and_then(|mut file| {
            (0..ROOM_MB).try_for_each(|_| file.write_all(&megabyte))
        });
        written.with_context(|| {
            format!(
                "no room in the temporary folder {} (TMPDIR), where a comparison needs \
                 {ROOM_MB} MB",
                self.scratch().parent().unwrap_or(self.scratch()).display()
            )
        })
    }

    /// Removes what killed runs left in the user's database.
    pub async fn remove_left(&self) {
        if let EngineChoice::External { url, prefix } = &self.engine {
            let target = Target::External { url: url.clone() };
            let connection = Connection::open(&target).await;
            let removed = table::remove_left(&connection, prefix);
            let _ = self.stop.soon.run_until_cancelled(removed).await;
        }
    }

    /// A result of this run, or its failure with the tables that are left.
    ///
    /// # Errors
    /// The run failed.
    pub fn end<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        let result = match result {
            // What failed may be a profile that was written in part.
            Err(Failure::Broken(error)) => {
                Err(self.has_room().err().unwrap_or(error).into())
            }
            other => other,
        };
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match &left[..] {
            [] => result,
            left => result.map_err(|failure| failure.with_left(left)),
        }
    }

    /// Runs a task on a fresh database. Whatever happens, cancellation included, the
    /// task's processes have ended and the table is removed when this returns, or else
    /// it is named by [`Run::end`].
    ///
    /// # Errors
    /// A process or the database failed, or the user interrupted.
    pub async fn with_database<T>(
        &self,
        use_for: &str,
        task: impl AsyncFnOnce(&Database) -> Result<T>,
    ) -> Result<T, Failure> {
        let Stop { soon, now } = &self.stop;
        let opened = Database::open(&self.engine, use_for);
        let opened = now.run_until_cancelled(opened).await;
        let mut database = opened.ok_or_else(Failure::interrupted)??;
        let result = tokio::select! {
            // A service without a database still answers, so this is where a dead one
            // is noticed.
            result = task(&database) => match database.failure().await {
                Some(cause) => Err(cause.into()),
                None => result.map_err(Failure::from),
            },
            cause = database.lost() => Err(cause.into()),
            () = soon.cancelled() => Err(Failure::interrupted()),
        };
        let table =
            database.table.is_ours().then(|| database.table.name().to_owned());
        let closed = now.run_until_cancelled(database.close()).await;
        if !matches!(closed, Some(Ok(()))) {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            left.extend(table);
        }
        let result = result?;
        closed.transpose()?;
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
        let EngineChoice::External { url, prefix } = choice else {
            return Self::embedded().await;
        };
        let target = Target::External { url: url.clone() };
        let connection = Connection::open(&target).await;
        let table = Table::open(&connection, &format!("{prefix}{use_for}")).await?;
        Ok(Self { engine: None, target, table })
    }

    async fn embedded() -> Result<Self> {
        let mut engine = engine::start(engine::ANY_PORT).await?;
        let url = format!("http://{}", engine.address());
        let target = Target::Embedded { url };
        let connection = Connection::open(&target).await;
        match Table::open_named(&connection, "orders").await {
            Ok(table) => Ok(Self { engine: Some(engine), target, table }),
            Err(error) => {
                let report = engine.exit_report();
                engine.stop().await;
                Err(report.map_or(error.into(), |report| anyhow!("{report}")))
            }
        }
    }

    /// Why the database does not serve its table any more, if so.
    async fn failure(&mut self) -> Option<anyhow::Error> {
        match &mut self.engine {
            Some(engine) => engine.exit_report().map(|report| anyhow!("{report}")),
            None => self.lost_now().await,
        }
    }

    /// Waits until the user's database does not serve its table any more.
    async fn lost(&self) -> anyhow::Error {
        loop {
            tokio::time::sleep(CHECK_EVERY).await;
            if self.engine.is_none()
                && let Some(cause) = self.lost_now().await
            {
                return cause;
            }
        }
    }

    async fn lost_now(&self) -> Option<anyhow::Error> {
        let lost = self.table.check().await.err().filter(TableError::is_lost)?;
        Some(anyhow!(lost).context("the database failed while it was in use"))
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
