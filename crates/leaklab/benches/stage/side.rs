//! One side of a comparison: a twin, and a database with the data of a lesson.

use anyhow::{Context, Result, bail};
use leaklab::run::{Database, EngineChoice, Running};
use lessons::{Lesson, Plan};
use measure::{Growth, HeapClient};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use workload::{Round, RoundStats};

/// Both sides of every benchmark have the same data.
const SEED: u64 = 7;

/// A program and its database, for one lesson.
pub(crate) struct Side {
    program: PathBuf,
    lesson: &'static Lesson,
    plan: Plan,
    database: Database,
    scratch: TempDir,
}

impl Side {
    /// Starts an engine and fills it for the rounds 0 (which warms up) to `rounds`.
    pub(crate) async fn open(
        program: &Path,
        lesson: &'static Lesson,
        plan: Plan,
        rounds: u64,
    ) -> Result<Self> {
        let scratch = tempfile::Builder::new()
            .prefix("leaklab-bench-")
            .tempdir()
            .context("cannot make a temporary folder (TMPDIR)")?;
        let database = Database::open(&EngineChoice::Embedded, lesson.id).await?;
        database.table.put(plan.data()).await?;
        database.table.put(plan.round_data(0..rounds + 1)).await?;
        let program = program.to_owned();
        Ok(Self { program, lesson, plan, database, scratch })
    }

    /// Starts the twin, with `more` settings than the lesson's, and warms it up.
    pub(crate) async fn start(&self, more: &[&str]) -> Result<Running> {
        let settings = [self.lesson.settings, more].concat();
        let Database { target, table, .. } = &self.database;
        let scratch = self.scratch.path();
        let program = &self.program;
        let twin = Running::start_program(
            program,
            target,
            table.name(),
            &settings,
            scratch,
        )
        .await?;
        self.burst(&twin, 0, self.plan.warm_up).await?;
        Ok(twin)
    }

    /// Sends the first requests of a round and waits until the twin is at rest: work
    /// that a request leaves for later must not slow the next burst. Returns the time
    /// without the wait.
    pub(crate) async fn burst(
        &self,
        twin: &Running,
        number: u64,
        requests: u64,
    ) -> Result<(Duration, RoundStats)> {
        let round = Round {
            number,
            requests: self.plan.round(number),
            count: requests,
            concurrency: self.lesson.concurrency,
            client: self.lesson.client,
        };
        let began = Instant::now();
        let stats = round.run(twin.origin()).await?;
        let elapsed = began.elapsed();
        if let Some(error) = stats.first_error {
            // An error is answered sooner than a success: its time says nothing.
            bail!("{}: {error}", self.program.display());
        }
        HeapClient::new(twin.origin()).at_rest().await?;
        Ok((elapsed, stats))
    }

    /// Stops the engine.
    pub(crate) async fn close(self) -> Result<()> {
        self.database.close().await
    }
}

/// A plan of this many requests per round, at the smallest size of the lesson.
pub(crate) fn plan(lesson: &'static Lesson, requests: u64) -> Plan {
    let size = match lesson.growth {
        Growth::Peak { sizes, .. } => sizes.first().copied().unwrap_or(0),
        Growth::Slope { .. } | Growth::Burst { .. } => 0,
    };
    Plan {
        warm_up: lesson.requests,
        ..Plan::new(lesson, SEED, requests).sized(size)
    }
}
