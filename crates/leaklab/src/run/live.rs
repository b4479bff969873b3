//! A twin in a run that is watched: started on its database, with faults on request.

use crate::cli::MemoryLimit;
use crate::run::load::LessonLoad;
use crate::run::{Database, Run, Running, Service, Under, line};
use anyhow::Result;
use dynamo::fault::EVERY_OPERATION;
use dynamo::{Fault, FaultAction};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use heap::Reading;
use lessons::{Lesson, Plan};
use limit::Limit;
use live::ticks::{Line, State};
use measure::{HeapClient, Instrument, Scenario, outside};
use profile::LESSONS;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
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
    name: &'static str,
    load: LessonLoad<'a>,
    database: &'a Database,
    plan: Plan,
    settings: Vec<&'static str>,
    memory: MemoryLimit,
    run: &'a Run,
    /// Rounds whose items are in the table.
    ready: AtomicU64,
}

impl<'a> Twin<'a> {
    /// Fills its database.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open(
        name: &'static str,
        (plan, scenario): (Plan, &Scenario),
        memory: MemoryLimit,
        database: &'a Database,
        run: &'a Run,
    ) -> Result<Self> {
        let load = LessonLoad::open(plan, scenario, database).await?;
        let mut settings = Service::twin(name).settings(plan.lesson);
        settings.push("--log-format=json");
        let twin = Self {
            name,
            settings,
            load: load.with_proxy().await?,
            database,
            plan: numbered(plan),
            memory,
            run,
            ready: AtomicU64::new(0),
        };
        live::Service::prepare(&twin, 0).await?;
        Ok(twin)
    }
}

impl live::Service for Twin<'_> {
    type Running = RunningTwin;

    async fn start(&self) -> Result<RunningTwin> {
        let (database, target) = (self.database, self.load.target());
        // A line for each request and each call of the database.
        let log = Some("error,service=info");
        let under = Under { memory: self.memory, log, ..Under::default() };
        let started =
            under.start(self.name, self.run, database, &target, &self.settings);
        let lesson = self.plan.lesson;
        let source = report::source(self.name, lesson.id);
        Ok(RunningTwin { twin: started.await?, lesson, source })
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
pub struct RunningTwin {
    twin: Running,
    lesson: &'static Lesson,
    /// The file of the lesson.
    source: PathBuf,
}

impl live::Running for RunningTwin {
    fn origin(&self) -> Origin {
        self.twin.origin()
    }

    fn resident(&self) -> Option<u64> {
        let used = self.twin.limit().and_then(Limit::used);
        used.or(outside::resident_bytes(self.twin.process.id()?).ok())
    }

    async fn read(&self, full: bool) -> Result<Reading> {
        let heap = HeapClient::new(self.twin.origin());
        if full { heap.now().await } else { heap.counters().await }
    }

    fn ended(&mut self) -> Option<(State, String)> {
        let report = self.twin.process.exit_report()?;
        Some(match self.twin.killed(&report) {
            Some(killed) => (State::Killed, killed.by),
            None => (State::Ended, report),
        })
    }

    fn has_limit(&self) -> bool {
        self.twin.limit().is_some()
    }

    fn line(&self, open: Duration) -> LocalBoxFuture<'static, Result<Line>> {
        let (own, file) =
            (format!("{LESSONS}{}.rs", self.lesson.id), self.source.clone());
        let source = move |path: &str| {
            (path == own).then(|| fs::read_to_string(file).ok())?
        };
        line::find(HeapClient::new(self.twin.origin()), open, source).boxed_local()
    }

    fn log(&self) -> Vec<String> {
        self.twin.process.log()
    }

    fn change_limit(&self, bytes: Option<u64>) -> bool {
        self.twin.limit().is_none_or(|limit| limit.change(bytes))
    }

    async fn kill(&mut self) {
        self.twin.process.kill().await;
    }

    async fn stop(self) {
        self.twin.process.stop().await;
    }
}
