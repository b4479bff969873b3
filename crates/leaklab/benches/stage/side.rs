//! One side of a comparison: a twin, and a database of its own with a lesson's data.

use anyhow::{Context, Result, bail};
use leaklab::measure::{Database, EngineChoice, Twin};
use leaklab::probe::Probe;
use model::{Lesson, Signal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use workload::{Plan, Round, Tally};

/// Both sides of every benchmark have the same data.
const SEED: u64 = 7;

/// A program and a database for it, as one lesson wants them.
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
        database.table.put(plan.base_data()).await?;
        database.table.put(plan.round_data(0..rounds + 1)).await?;
        let program = program.to_owned();
        Ok(Self { program, lesson, plan, database, scratch })
    }

    /// Starts the twin, with `more` settings than the lesson's, and warms it up.
    pub(crate) async fn start(&self, more: &[&str]) -> Result<Twin> {
        let settings = [self.lesson.settings, more].concat();
        let Database { target, table, .. } = &self.database;
        let scratch = self.scratch.path();
        let program = &self.program;
        let twin =
            Twin::start_program(program, target, table.name(), &settings, scratch)
                .await?;
        self.burst(&twin, 0, self.plan.warm_up).await?;
        Ok(twin)
    }

    /// Sends the first requests of a round and waits until the twin rests: what a
    /// request leaves to do for later must not slow whoever comes next. Returns the
    /// time without the wait.
    pub(crate) async fn burst(
        &self,
        twin: &Twin,
        number: u64,
        requests: u64,
    ) -> Result<(Duration, Tally)> {
        let concurrency = self.lesson.concurrency;
        let round = Round { plan: self.plan, number, concurrency };
        let began = Instant::now();
        let tally = round.first(requests, twin.origin()).await?;
        let elapsed = began.elapsed();
        if let Some(error) = tally.first_error {
            // An error is answered sooner than a success: its time says nothing.
            bail!("{}: {error}", self.program.display());
        }
        Probe::new(twin.origin()).at_rest().await?;
        Ok((elapsed, tally))
    }

    /// Stops the engine.
    pub(crate) async fn close(self) -> Result<()> {
        self.database.close().await
    }
}

/// So many requests a round, of this lesson's smallest size. The warm-up is what the
/// lesson says, which fills every bounded cache.
pub(crate) fn plan(lesson: &Lesson, requests: u64) -> Plan {
    let size = match lesson.signal {
        Signal::Peak { sizes, .. } => sizes.first().copied().unwrap_or(0),
        Signal::Slope { .. } | Signal::Burst { .. } => 0,
    };
    let warm_up = lesson.requests;
    Plan { lesson: lesson.id, seed: SEED, requests, warm_up, size }
}
