//! A twin in a run that is watched: started on its database, with faults on request.

use crate::cli::MemoryLimit;
use crate::run::load::LessonLoad;
use crate::run::{Database, Running, Service, Under, program};
use anyhow::Result;
use dynamo::fault::EVERY_OPERATION;
use dynamo::{Fault, FaultAction};
use heap::Reading;
use lessons::{Lesson, Plan};
use limit::Limit;
use live::ticks::State;
use measure::{HeapClient, Instrument, Scenario, outside};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use workload::{Origin, Requests};

/// Requests whose items are put into the table at a time.
const ROUND: u64 = 128;
/// Rounds that are ready before they are asked for: a second at 1,000 requests per second.
const READY: u64 = 8;
/// What a slow database adds to a call.
const SLOW_MS: u64 = 300;

/// How a database can be made to behave, by name.
pub fn databases(lesson: &Lesson) -> Vec<(&'static str, Vec<Fault>)> {
    let every = |action| vec![Fault::new(EVERY_OPERATION, action)];
    let mut all = vec![
        ("well", Vec::new()),
        ("slow", every(FaultAction::Delay { ms: SLOW_MS })),
        ("silent", every(FaultAction::Silence)),
        ("throttles", every(FaultAction::THROTTLED)),
    ];
    if !lesson.faults.is_empty() {
        all.insert(0, ("as in the lesson", lesson.faults.to_vec()));
    }
    all
}

/// The requests of a lesson, numbered without limit.
pub fn requests(plan: Plan) -> Requests {
    numbered(plan).round(0)
}

fn numbered(plan: Plan) -> Plan {
    Plan { requests: ROUND, warm_up: ROUND, ..plan }
}

/// A twin that can be started as often as it is killed.
pub struct Twin<'a> {
    load: LessonLoad<'a>,
    database: &'a Database,
    plan: Plan,
    program: PathBuf,
    settings: Vec<&'static str>,
    memory: MemoryLimit,
    scratch: &'a Path,
    /// Rounds whose items are in the table.
    ready: AtomicU64,
}

impl<'a> Twin<'a> {
    /// Fills its database.
    ///
    /// # Errors
    /// The program is not built, or the database failed.
    pub async fn open(
        name: &'static str,
        (plan, scenario): (Plan, &Scenario),
        memory: MemoryLimit,
        database: &'a Database,
        scratch: &'a Path,
    ) -> Result<Self> {
        let load = LessonLoad::open(plan, scenario, database).await?;
        let twin = Self {
            load: load.with_proxy().await?,
            database,
            plan: numbered(plan),
            program: program(name)?,
            settings: Service::twin(name).settings(plan.lesson),
            memory,
            scratch,
            ready: AtomicU64::new(0),
        };
        live::Service::prepare(&twin, 0).await?;
        Ok(twin)
    }
}

impl live::Service for Twin<'_> {
    type Running = RunningTwin;

    async fn start(&self) -> Result<RunningTwin> {
        let (target, table) = (self.load.target(), self.database.table.name());
        let under = Under { memory: self.memory, ..Under::default() };
        let started =
            under.start(&self.program, &target, table, &self.settings, self.scratch);
        Ok(RunningTwin(started.await?))
    }

    fn set_database(&self, index: usize) {
        if let Some((_, faults)) = databases(self.plan.lesson).get(index) {
            self.load.set_faults(faults);
        }
    }

    async fn prepare(&self, number: u64) -> Result<()> {
        let wanted = number / ROUND + READY;
        let ready = self.ready.swap(wanted, Relaxed);
        let items = self.plan.round_data(ready..wanted.max(ready));
        Ok(self.database.table.put(items).await?)
    }
}

/// A twin that runs.
pub struct RunningTwin(Running);

impl live::Running for RunningTwin {
    fn origin(&self) -> Origin {
        self.0.origin()
    }

    fn resident(&self) -> Option<u64> {
        let used = self.0.limit().and_then(Limit::used);
        used.or(outside::resident_bytes(self.0.process.id()?).ok())
    }

    async fn read(&self, full: bool) -> Result<Reading> {
        let heap = HeapClient::new(self.0.origin());
        if full { heap.now().await } else { heap.counters().await }
    }

    fn ended(&mut self) -> Option<(State, String)> {
        let report = self.0.process.exit_report()?;
        Some(match self.0.killed(&report) {
            Some(killed) => (State::Killed, killed.by),
            None => (State::Ended, report),
        })
    }

    fn has_limit(&self) -> bool {
        self.0.limit().is_some()
    }

    async fn kill(&mut self) {
        self.0.process.kill_now().await;
    }

    async fn stop(self) {
        self.0.process.stop().await;
    }
}
