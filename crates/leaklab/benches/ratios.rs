//! Requests per second of the fixed twin over those of the leaky one, and the time to
//! the first byte of a large response.
//!
//!     cargo bench -p leaklab --bench ratios [-- LESSON...]
//!
//! Both twins run, each with its own engine, and take turns in short bursts (leaky
//! fixed, fixed leaky, and so on), so that other load slows both. The median of the
//! ratios of all pairs counts.

use acceptance::programs;
use anstream::println;
use anyhow::{Result, bail, ensure};
use clap::Parser;
use leaklab::run::{Database, EngineChoice, Numbers, Run, Running, Under};
use leaklab::stop::Stop;
use lessons::{LESSONS, Lesson, Plan};
use measure::statistics::median_of;
use measure::{HeapClient, Instrument, Scale};
use std::path::{Path, PathBuf};
use std::time::Instant;
use workload::Round;

/// `leaky` leaks through all of them, in some lessons a socket per request, and a
/// process usually may have 1,024.
const PAIRS: u64 = 24;
const PAIRS_QUICK: u64 = 6;

/// In a burst of fewer requests, single ones count too much.
const REQUESTS_MIN: u64 = 20;

/// A lesson's queue that is shorter than a burst refuses most of it, and errors have no
/// throughput.
const REFUSES: &str = "--event-queue-max";

/// Items for the time to the first byte: a table that is worth streaming.
const EXPORT_ITEMS: u64 = 50_000;
/// An answer of the leaky twin takes seconds then.
const EXPORT_PAIRS: u64 = 4;
/// It would be given up after the usual 10 s on a slow machine.
const EXPORT_SETTINGS: &[&str] = &["--answer-deadline-ms=60000"];

/// Throughput of the fixed twin over that of the leaky one
#[derive(Debug, Parser)]
#[command(name = "ratios")]
struct Arguments {
    /// Lessons, by the beginnings of their names; all without any
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
    /// A quarter of the bursts
    #[arg(long)]
    quick: bool,
    /// `cargo bench` passes it to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let pairs = if arguments.quick { PAIRS_QUICK } else { PAIRS };
    let named = |lesson: &&Lesson| {
        arguments.lessons.iter().any(|name| lesson.id.starts_with(name))
    };
    let all = arguments.lessons.is_empty();
    let lessons: Vec<_> = LESSONS.iter().filter(|l| all || named(l)).collect();
    ensure!(!lessons.is_empty(), "no such lesson; `leaklab list` names all");
    let folder = programs::build(&["--bins"])?;
    let programs = ["leaky", "fixed"].map(|name| {
        folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
    });
    println!("leaky, fixed and fixed/leaky (median of {pairs} pairs, min–max)");
    for lesson in lessons {
        let throughput = Comparison {
            plan: plan(lesson, lesson.requests.max(REQUESTS_MIN)),
            pairs,
            settings: &[],
            of: |burst| burst.requests_per_second,
            unit: "requests/s",
        };
        throughput.print(&programs).await?;
        let reads_items = lesson.growth.scale() == Some(Scale::Items)
            && lesson.route.starts_with("GET ");
        if reads_items {
            // A stream begins when its first page is there, whatever comes after it; an
            // answer that is gathered first begins when all of it is.
            let size = EXPORT_ITEMS;
            let first_byte = Comparison {
                plan: Plan { warm_up: 1, size, ..plan(lesson, 1) },
                pairs: EXPORT_PAIRS,
                settings: EXPORT_SETTINGS,
                of: |burst| burst.first_bytes_per_second,
                unit: "first bytes/s of 50,000 items",
            };
            first_byte.print(&programs).await?;
        }
    }
    Ok(())
}

/// Two programs on one lesson.
struct Comparison {
    plan: Plan,
    pairs: u64,
    settings: &'static [&'static str],
    of: fn(&Burst) -> f64,
    unit: &'static str,
}

impl Comparison {
    /// Runs both programs at once and gives them a round each, in turns.
    async fn print(&self, programs: &[PathBuf; 2]) -> Result<()> {
        let Self { plan, pairs, settings, of, unit } = *self;
        let open = |at: usize| Side::open(&programs[at], plan, pairs, settings);
        let sides = tokio::try_join!(open(0), open(1))?;
        let sides = [sides.0, sides.1];
        let mut values = Vec::new();
        for pair in 1..=pairs {
            // The order alternates, so that a drift favours neither.
            let first = usize::from(pair % 2 == 0);
            let mut value = [0.0; 2];
            for at in [first, 1 - first] {
                value[at] = of(&sides[at].burst(pair).await?);
            }
            values.push(value);
        }
        for side in sides {
            side.close().await?;
        }
        let [one, other] = [0, 1].map(|at| median(values.iter().map(|v| v[at])));
        let ratios = || values.iter().map(|[one, other]| other / one);
        let lowest = ratios().fold(f64::INFINITY, f64::min);
        let highest = ratios().fold(0.0, f64::max);
        println!(
            "{:<20} {one:>12.1} {other:>12.1} {unit}: {:.2} ({lowest:.2}–{highest:.2})",
            plan.lesson.id,
            median(ratios()),
        );
        Ok(())
    }
}

/// Both sides have the same data.
const SEED: u64 = 7;

/// A running program and its database, for one lesson.
struct Side {
    plan: Plan,
    database: Database,
    twin: Running,
    _run: Run,
}

/// What one round came to.
struct Burst {
    requests_per_second: f64,
    first_bytes_per_second: f64,
}

impl Side {
    /// Starts an engine, fills it for the rounds 0 (which warms up) to `rounds`, and
    /// starts and warms up the program, with `more` settings than the lesson's.
    async fn open(
        program: &Path,
        plan: Plan,
        rounds: u64,
        more: &[&str],
    ) -> Result<Self> {
        let run = Run::new(EngineChoice::Embedded, Stop::default())?;
        let database =
            Database::open(&EngineChoice::Embedded, plan.lesson.id).await?;
        database.table.put(plan.data()).await?;
        database.table.put(plan.round_data(0..rounds + 1)).await?;
        let own = plan.lesson.settings.iter().copied();
        let own = own.filter(|setting| !setting.starts_with(REFUSES));
        let settings: Vec<_> = own.chain(more.iter().copied()).collect();
        let (target, table) = (&database.target, database.table.name());
        let under = Under::default();
        let twin =
            under.start(program, target, table, &settings, run.scratch()).await?;
        let side = Self { plan, database, twin, _run: run };
        side.send(0, plan.warm_up).await?;
        Ok(side)
    }

    /// Sends a round.
    async fn burst(&self, number: u64) -> Result<Burst> {
        self.send(number, self.plan.requests).await
    }

    /// Sends the first requests of a round and waits until the twin is at rest: work
    /// that a request leaves for later must not slow the next burst. The wait is not in
    /// the time.
    async fn send(&self, number: u64, count: u64) -> Result<Burst> {
        let Lesson { concurrency, client, .. } = *self.plan.lesson;
        let requests = self.plan.round(number);
        let round =
            Round { number, count, concurrency, ..Round::of(requests, client) };
        let began = Instant::now();
        let stats = round.run(self.twin.origin()).await?;
        let elapsed = began.elapsed();
        let Lesson { may_refuse, outage, .. } = *self.plan.lesson;
        // Both twins give the same requests up, such as those whose reply is lost.
        let expected = outage || may_refuse && stats.errors == stats.refused;
        if let Some(error) = stats.first_error.filter(|_| !expected) {
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
    async fn close(self) -> Result<()> {
        self.twin.process.stop().await;
        self.database.close().await
    }
}

/// A plan of this many requests per round, at the smallest size of the lesson.
fn plan(lesson: &'static Lesson, requests: u64) -> Plan {
    let numbers =
        Numbers { seed: SEED, requests: Some(requests), ..Numbers::default() };
    let (plan, scenario) = numbers.of(lesson);
    Plan { warm_up: lesson.requests, ..plan.sized(scenario.smallest()) }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    median_of(&values).expect("there is one pair and more")
}
