//! A measurement from an empty database to its end: what is started, in which order,
//! and that all of it ends.

use crate::failure::Failure;
use crate::measure::recording::Recording;
use crate::measure::session::Session;
use crate::measure::{Database, EngineChoice, Subject, Twin, Under, verdict};
use crate::probe::Probe;
use anyhow::{Context, Result, anyhow};
use dynamo::{Proxy, Target};
use model::{Lesson, Scale, Signal};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use workload::Plan;

/// How often a measurement is made before INCONCLUSIVE is the verdict. What makes noise
/// in a healthy service is pools that still grow; each set of rounds fills them
/// further, and a leak shows in every set.
const SETS_MAX: u64 = 3;

/// Leave to measure. A lesson's services share it, and give it back once all of them are
/// measured; how they end is nobody's wait but their own.
pub type Turn = Arc<OwnedSemaphorePermit>;

/// How a lesson is to be measured.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// The lesson.
    pub lesson: &'static Lesson,
    /// Names data and workload.
    pub seed: u64,
    /// Rounds with a reading.
    pub rounds: u64,
    /// Requests in each.
    pub requests: u64,
    /// Sizes for the peak law; empty where the law is no peak.
    pub sizes: Vec<u64>,
    /// Whether a quick look will do: peaks are taken once, and controls may hide more.
    pub quick: bool,
}

impl Protocol {
    /// The protocol of the registry, with the user's numbers where given.
    pub fn new(
        lesson: &'static Lesson,
        seed: u64,
        rounds: u64,
        requests: u64,
    ) -> Self {
        let sizes = match lesson.signal {
            Signal::Slope { .. } | Signal::Burst { .. } => Vec::new(),
            Signal::Peak { sizes, .. } => sizes.to_vec(),
        };
        Self { lesson, seed, rounds, requests, sizes, quick: false }
    }

    /// Steps that [`Protocol::run`] reports, for a progress bar.
    pub fn steps(&self) -> u64 {
        1 + 1 + self.rounds + self.sizes.len() as u64 + 1
    }

    /// Measures a service from an empty database to its end. Whatever happens, `stop`
    /// included, all processes have ended and the table is gone when this returns. The
    /// turn is given back earlier, when nothing is left to measure.
    ///
    /// # Errors
    /// A process or the database failed; the message says which, and its last words.
    pub async fn run(
        &self,
        subject: &Subject,
        engine: &EngineChoice,
        scratch: &Path,
        stop: &CancellationToken,
        step: &(dyn Fn(&str) + Sync),
        turn: Turn,
    ) -> Result<Recording, Failure> {
        step("prepare");
        let use_for = format!("{}-{}", self.lesson.id, subject.name);
        let mut database = Database::open(engine, &use_for).await?;
        let recording = tokio::select! {
            recording = self.with_twin(subject, &database, scratch, step, turn) => {
                // A twin whose database is gone still answers, so this is the only
                // place to notice.
                match database.obituary() {
                    Some(obituary) => Err(anyhow!("{obituary}").into()),
                    None => recording.map_err(Failure::from),
                }
            }
            () = stop.cancelled() => Err(Failure::Interrupted),
        };
        let closed = database.close().await;
        let recording = recording?;
        closed?;
        Ok(recording)
    }

    async fn with_twin(
        &self,
        subject: &Subject,
        database: &Database,
        scratch: &Path,
        step: &(dyn Fn(&str) + Sync),
        turn: Turn,
    ) -> Result<Recording> {
        self.fill_base(database).await?;
        let proxy = self.proxy(database).await?;
        let target = target(database, proxy.as_ref());
        let settings = subject.settings(self.lesson);
        let table = database.table.name();
        let under = Under { environment: subject.environment(), ..Under::default() };
        let program = subject.program;
        let mut twin =
            Twin::start_under(&under, program, &target, table, &settings, scratch)
                .await?;
        let session = Session::new(self, twin.origin(), proxy.as_ref());
        let measured = self.measure(&session, database, step).await;
        // Whoever died is the cause; what it did to the others is not.
        drop(turn);
        match measured {
            Ok(mut recording) => {
                self.end(twin, &mut recording).await;
                Ok(recording)
            }
            Err(error) => {
                let obituary = twin.process.obituary_soon().await;
                twin.process.kill().await;
                Err(obituary.map_or(error, |obituary| anyhow!("{obituary}")))
            }
        }
    }

    /// Ends a measured service: in order, to see what is left then; or at once where
    /// nobody asks, or where it holds requests that have no end of their own.
    async fn end(&self, twin: Twin, recording: &mut Recording) {
        let last = match self.quick {
            true => None,
            false => Probe::new(twin.origin()).counters().await.ok(),
        };
        recording.live_before_exit = last.as_ref().map(|last| last.live_bytes);
        match last {
            Some(last) if last.in_flight == 0 => {
                recording.live_at_exit = twin.live_bytes_at_exit().await;
            }
            _ => twin.process.kill().await,
        }
    }

    /// Stands between the service and its database where the lesson wants faults.
    pub(super) async fn proxy(&self, database: &Database) -> Result<Option<Proxy>> {
        let of_attempts = self.scale() == Some(Scale::Attempts);
        if self.lesson.faults.is_empty() && !of_attempts {
            return Ok(None);
        }
        let url = database.target.url();
        let proxy = Proxy::start(url, self.lesson.faults.to_vec()).await;
        Ok(Some(proxy.with_context(|| {
            format!("{} needs faults in front of its database", self.lesson.id)
        })?))
    }

    /// What every set of rounds asks for.
    pub(super) async fn fill_base(&self, database: &Database) -> Result<()> {
        for size in self.sizes.iter().copied().chain([self.smallest()]) {
            database.table.put(self.plan(size).base_data()).await?;
        }
        database.table.put(self.plan(self.smallest()).round_data(0..1)).await?;
        Ok(())
    }

    /// Warms up, then takes sets of rounds until one of them tells.
    async fn measure(
        &self,
        session: &Session<'_>,
        database: &Database,
        step: &(dyn Fn(&str) + Sync),
    ) -> Result<Recording> {
        step("warm up");
        let before = session.probe().at_rest().await?;
        session.warm_up().await?;
        let mut first: Option<Recording> = None;
        for set in 0.. {
            // Rounds and windows ask for different keys; all are there beforehand.
            let begin = 1 + set * self.rounds_in_set();
            let rounds = begin..begin + self.rounds_in_set();
            let plan = self.plan(self.smallest());
            database.table.put(plan.round_data(rounds)).await?;
            let mut recording = session.set(begin, step).await?;
            recording.sets = set + 1;
            recording.resident_before = before.resident_bytes;
            // Only the first set has answers that the twins share.
            if let Some(first) = first {
                recording.answers = first.answers;
            }
            if verdict::tells(self, &recording) || set + 1 == SETS_MAX {
                return Ok(recording);
            }
            first = Some(recording);
        }
        unreachable!("the loop above returns at the last set")
    }

    /// The rounds and two windows.
    fn rounds_in_set(&self) -> u64 {
        self.rounds + 2
    }

    /// The plan for this size of input.
    pub fn plan(&self, size: u64) -> Plan {
        let Self { lesson, seed, requests, .. } = *self;
        // However few requests the user asks for: bounded caches must fill first.
        let warm_up = requests.max(lesson.requests);
        Plan { lesson: lesson.id, seed, requests, warm_up, size }
    }

    /// The size that warm-up, rounds and window use.
    pub fn smallest(&self) -> u64 {
        self.sizes.first().copied().unwrap_or(0)
    }

    /// What the peak may follow, where the law is a peak.
    pub fn scale(&self) -> Option<Scale> {
        match self.lesson.signal {
            Signal::Slope { .. } | Signal::Burst { .. } => None,
            Signal::Peak { of, .. } => Some(of),
        }
    }
}

/// What the service is to take for its database.
pub(super) fn target(database: &Database, proxy: Option<&Proxy>) -> Target {
    match proxy {
        Some(proxy) => database.target.at(proxy.url()),
        None => database.target.clone(),
    }
}
