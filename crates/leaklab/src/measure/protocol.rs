//! The order of a measurement: warm up, rounds with a reading at rest after each,
//! peaks at several sizes, a dhat window last.

use crate::comparison::Peak;
use crate::failure::Failure;
use crate::measure::{Database, EngineChoice, Twin};
use crate::probe::Probe;
use crate::statistics::median_of;
use anyhow::{Result, anyhow};
use heap::Reading;
use heap::profile::Profile;
use model::{Lesson, Signal};
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use workload::{Digest, Origin, Plan, Round, Tally};

/// How often a peak is taken at each size; the median counts. A peak depends on when
/// buffers happen to be freed, so single ones scatter.
const PEAK_REPEATS: u64 = 3;

/// The warm-up has this many times the concurrency of the rounds, so that the
/// service's connection pools hold connections to spare. Otherwise chance opens one
/// more in some later round, which is 44 KB.
const WARM_UP: usize = 3;

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
}

/// What a measurement found, before anybody judges it.
#[derive(Debug, Clone)]
pub struct Recording {
    /// At rest, after each round.
    pub readings: Vec<Reading>,
    /// Answers of each round, in parts.
    pub answers: Vec<Vec<Digest>>,
    /// Answers that refused work, in the rounds.
    pub refused: u64,
    /// Answers of status 400 and above, in the rounds.
    pub errors: u64,
    /// The first of them.
    pub first_error: Option<String>,
    /// Peaks by size.
    pub peaks: Vec<Peak>,
    /// The dhat windows. Where the law is a slope the second has twice the requests of
    /// the first; where it is a peak, each has one request, of the two smallest
    /// sizes.
    pub windows: [Window; 2],
}

/// What a dhat window saw.
#[derive(Debug, Clone)]
pub struct Window {
    /// Requests in it.
    pub requests: u64,
    /// Items that each of them asked for, where the law is a peak.
    pub size: u64,
    /// Live bytes that it added, by the exact counters.
    pub growth: i64,
    /// dhat's own text.
    pub json: Vec<u8>,
    /// The same, read.
    pub profile: Arc<Profile>,
}

/// The first requests of a round, at a size.
#[derive(Debug, Clone, Copy)]
struct Load {
    number: u64,
    requests: u64,
    size: u64,
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
            Signal::Slope { .. } => Vec::new(),
            Signal::Peak { sizes } => sizes.to_vec(),
        };
        Self { lesson, seed, rounds, requests, sizes }
    }

    /// Steps that [`Protocol::run`] reports, for a progress bar.
    pub fn steps(&self) -> u64 {
        1 + 1 + self.rounds + self.sizes.len() as u64 + 1
    }

    /// Measures a twin from an empty database to its end. Whatever happens, `stop`
    /// included, both processes have ended and the table is gone when this returns.
    ///
    /// # Errors
    /// A process or the database failed; the message says which, and its last words.
    pub async fn run(
        &self,
        twin: &str,
        engine: &EngineChoice,
        scratch: &Path,
        stop: &CancellationToken,
        step: &(dyn Fn(&str) + Sync),
    ) -> Result<Recording, Failure> {
        step("prepare");
        let use_for = format!("{}-{twin}", self.lesson.id);
        let mut database = Database::open(engine, &use_for).await?;
        let recording = tokio::select! {
            recording = self.with_twin(twin, &database, scratch, step) => {
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
        name: &str,
        database: &Database,
        scratch: &Path,
        step: &(dyn Fn(&str) + Sync),
    ) -> Result<Recording> {
        self.fill(database).await?;
        let (target, table) = (&database.target, database.table.name());
        let mut twin =
            Twin::start(name, target, table, self.lesson.settings, scratch).await?;
        let measured = self.measure(twin.origin(), step).await;
        // Whoever died is the cause; what it did to the others is not.
        let measured = match measured {
            Ok(recording) => Ok(recording),
            Err(error) => {
                let obituary = twin.process.obituary_soon().await;
                Err(obituary.map_or(error, |obituary| anyhow!("{obituary}")))
            }
        };
        twin.process.stop().await;
        measured
    }

    /// Warm-up, rounds and window ask for different keys; all are there beforehand.
    pub(super) async fn fill(&self, database: &Database) -> Result<()> {
        let smallest = self.plan(self.smallest());
        let rounds = 1 + self.rounds + 2;
        database.table.put(smallest.round_data(0..rounds)).await?;
        for size in self.sizes.iter().copied().chain([self.smallest()]) {
            database.table.put(self.plan(size).base_data()).await?;
        }
        Ok(())
    }

    async fn measure(
        &self,
        origin: Origin,
        step: &(dyn Fn(&str) + Sync),
    ) -> Result<Recording> {
        let probe = Probe::new(origin);
        step("warm up");
        self.warm_up(origin).await?;
        probe.at_rest().await?;
        probe.reset_peak().await?;

        let mut readings = Vec::new();
        let mut answers = Vec::new();
        let (mut refused, mut errors, mut first_error) = (0, 0, None);
        for round in 1..=self.rounds {
            step(&format!("round {round}/{}", self.rounds));
            let tally = self.round(origin, round, self.smallest()).await?;
            readings.push(probe.at_rest().await?);
            answers.push(tally.parts);
            refused += tally.refused;
            errors += tally.errors;
            first_error = first_error.or(tally.first_error);
        }

        let mut peaks = Vec::new();
        for &size in &self.sizes {
            step(&format!("peak at {size}"));
            let peak_bytes = self.peak(&probe, origin, size).await?;
            peaks.push(Peak { size, peak_bytes });
        }

        step("call stacks");
        let [first, second] = self.windows();
        let windows = [
            self.window(&probe, origin, first).await?,
            self.window(&probe, origin, second).await?,
        ];
        Ok(Recording {
            readings,
            answers,
            refused,
            errors,
            first_error,
            peaks,
            windows,
        })
    }

    /// The round that is not counted.
    pub(super) async fn warm_up(&self, origin: Origin) -> Result<()> {
        let plan = self.plan(self.smallest());
        let concurrency = self.lesson.concurrency * WARM_UP;
        Round { plan, number: 0, concurrency }.first(plan.warm_up, origin).await?;
        Ok(())
    }

    /// What each window sends.
    fn windows(&self) -> [Load; 2] {
        let number = self.rounds + 1;
        let size = self.smallest();
        match (self.lesson.signal, self.sizes.get(1)) {
            (Signal::Peak { .. }, Some(&larger)) => [
                Load { number, requests: 1, size },
                Load { number: number + 1, requests: 1, size: larger },
            ],
            _ => {
                let requests = self.lesson.window.min(self.requests / 2).max(1);
                let twice = (2 * requests).min(self.requests);
                [
                    Load { number, requests, size },
                    Load { number: number + 1, requests: twice, size },
                ]
            }
        }
    }

    async fn window(
        &self,
        probe: &Probe,
        origin: Origin,
        load: Load,
    ) -> Result<Window> {
        let before = probe.at_rest().await?;
        probe.open_window().await?;
        let Load { number, requests, size } = load;
        let concurrency = self.lesson.concurrency;
        let round = Round { plan: self.plan(size), number, concurrency };
        round.first(requests, origin).await?;
        let after = probe.at_rest().await?;
        let json = probe.close_window().await?;
        let profile = Arc::new(Profile::parse(&json)?);
        let growth =
            after.live_bytes.cast_signed() - before.live_bytes.cast_signed();
        Ok(Window { requests, size, growth, json, profile })
    }

    /// Most live bytes above those at rest while one request of this size is served.
    async fn peak(&self, probe: &Probe, origin: Origin, size: u64) -> Result<u64> {
        let plan = Plan { requests: 1, ..self.plan(size) };
        let one = Round { plan, number: 0, concurrency: 1 };
        let mut peaks = Vec::new();
        for _ in 0..PEAK_REPEATS {
            let rest = probe.at_rest().await?;
            probe.reset_peak().await?;
            one.run(origin).await?;
            let peak = probe.counters().await?.peak_bytes;
            peaks.push(peak.saturating_sub(rest.live_bytes) as f64);
        }
        Ok(median_of(&peaks).unwrap_or(0.0) as u64)
    }

    /// Sends a counted round.
    pub(super) async fn round(
        &self,
        origin: Origin,
        number: u64,
        size: u64,
    ) -> Result<Tally> {
        let concurrency = self.lesson.concurrency;
        Ok(Round { plan: self.plan(size), number, concurrency }.run(origin).await?)
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
}
