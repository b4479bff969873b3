//! One side of a comparison: a twin, and a database with the data of a lesson.

mod programs;

pub(crate) use programs::build;

use anyhow::{Result, bail};
use leaklab::run::{Database, EngineChoice, Numbers, Run, Running, Under};
use lessons::{Lesson, Plan};
use measure::HeapClient;
use std::path::Path;
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use workload::Round;

/// Both sides have the same data.
const SEED: u64 = 7;

/// A running program and its database, for one lesson.
pub(crate) struct Side {
    plan: Plan,
    database: Database,
    twin: Running,
    _run: Run,
}

/// What one round came to.
pub(crate) struct Burst {
    pub(crate) requests_per_second: f64,
    pub(crate) first_bytes_per_second: f64,
}

impl Side {
    /// Starts an engine, fills it for the rounds 0 (which warms up) to `rounds`, and
    /// starts and warms up the program, with `more` settings than the lesson's.
    pub(crate) async fn open(
        program: &Path,
        plan: Plan,
        rounds: u64,
        more: &[&str],
    ) -> Result<Self> {
        let run = Run::new(EngineChoice::Embedded, CancellationToken::new())?;
        let database =
            Database::open(&EngineChoice::Embedded, plan.lesson.id).await?;
        database.table.put(plan.data()).await?;
        database.table.put(plan.round_data(0..rounds + 1)).await?;
        let settings = [plan.lesson.settings, more].concat();
        let (target, table) = (&database.target, database.table.name());
        let under = Under::default();
        let twin =
            under.start(program, target, table, &settings, run.scratch()).await?;
        let side = Self { plan, database, twin, _run: run };
        side.send(0, plan.warm_up).await?;
        Ok(side)
    }

    /// Sends a round.
    pub(crate) async fn burst(&self, number: u64) -> Result<Burst> {
        self.send(number, self.plan.requests).await
    }

    /// Sends the first requests of a round and waits until the twin is at rest: work
    /// that a request leaves for later must not slow the next burst. The wait is not in
    /// the time.
    async fn send(&self, number: u64, count: u64) -> Result<Burst> {
        let Lesson { concurrency, client, .. } = *self.plan.lesson;
        let requests = self.plan.round(number);
        let round = Round { number, requests, count, concurrency, client };
        let began = Instant::now();
        let stats = round.run(self.twin.origin()).await?;
        let elapsed = began.elapsed();
        if let Some(error) = stats.first_error {
            // An error is answered sooner than a success: its time says nothing.
            bail!("{}: {error}", self.plan.lesson.id);
        }
        HeapClient::new(self.twin.origin()).at_rest().await?;
        Ok(Burst {
            requests_per_second: count as f64 / elapsed.as_secs_f64(),
            first_bytes_per_second: 1e6 / stats.first_byte_us.max() as f64,
        })
    }

    /// Stops the program and the engine.
    pub(crate) async fn close(self) -> Result<()> {
        self.twin.process.stop().await;
        self.database.close().await
    }
}

/// A plan of this many requests per round, at the smallest size of the lesson.
pub(crate) fn plan(lesson: &'static Lesson, requests: u64) -> Plan {
    let numbers =
        Numbers { seed: SEED, requests: Some(requests), ..Numbers::default() };
    let (plan, scenario) = numbers.of(lesson);
    Plan { warm_up: lesson.requests, ..plan.sized(scenario.smallest()) }
}
