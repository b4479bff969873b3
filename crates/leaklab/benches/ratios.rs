//! Requests per second of the fixed twin over those of the leaky one, and the time to
//! the first byte of a large response; with `--allocator`, what counting costs.
//!
//!     cargo bench -p leaklab --bench ratios [-- [LESSON...] [--allocator]]
//!
//! Both twins run, each with its own engine, and take turns in short bursts (leaky
//! fixed, fixed leaky, and so on), so that other load slows both. The median of the
//! ratios of all pairs counts.

mod stage;

use anstream::{eprintln, println};
use anyhow::{Result, bail};
use clap::Parser;
use leaklab::run::Running;
use lessons::{LESSONS, Lesson, Plan};
use measure::statistics::median_of;
use stage::Side;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `leaky` leaks through all of them, in some lessons a socket per request, and a
/// process usually may have 1,024.
const PAIRS: u64 = 24;
const PAIRS_QUICK: u64 = 6;

/// In a burst of fewer requests, single ones count too much.
const REQUESTS_MIN: u64 = 20;

/// Items for the time to the first byte: a table that is worth streaming.
const EXPORT_ITEMS: u64 = 50_000;
/// An answer of the leaky twin takes seconds then.
const EXPORT_PAIRS: u64 = 4;
/// It would be given up after the usual 10 s on a slow machine.
const EXPORT_SETTINGS: &[&str] = &["--request-deadline-ms=60000"];

/// What the allocator is compared with unless lessons are named: the one that
/// allocates most in a request, and the one that stands for most services.
const ALLOCATOR_LESSONS: &[&str] = &["c01_client_clones", "l11_session_cache"];

/// Throughput of the fixed twin over that of the leaky one
#[derive(Debug, Parser)]
#[command(name = "ratios")]
struct Arguments {
    /// Lessons, by the beginnings of their names; all without any
    #[arg(value_name = "LESSON")]
    lessons: Vec<String>,
    /// Compare the counting allocator with the system's, in the fixed twin
    #[arg(long)]
    allocator: bool,
    /// A quarter of the bursts
    #[arg(long)]
    quick: bool,
    /// `cargo bench` passes it to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ratios: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let pairs = if arguments.quick { PAIRS_QUICK } else { PAIRS };
    let lessons = arguments.lessons()?;
    let folder = stage::build(None, &["--bins"])?;
    let names = if arguments.allocator {
        ["system", "counting"]
    } else {
        ["leaky", "fixed"]
    };
    let programs = if arguments.allocator {
        let system = ["--bin", "fixed", "--features", "heap/uncounted"];
        let system = stage::build(Some("uncounted"), &system)?;
        [program(&system, "fixed"), program(&folder, "fixed")]
    } else {
        names.map(|name| program(&folder, name))
    };
    let [one, other] = names;
    println!(
        "{:<20} {:>20} {:>20}  {other}/{one} (median of {pairs} pairs, min–max)",
        "lesson",
        format!("requests/s {one}"),
        format!("requests/s {other}"),
    );
    for lesson in lessons {
        throughput(&programs, lesson, pairs).await?;
        if lesson.growth.scale().is_some() && !arguments.allocator {
            first_byte(&programs, lesson).await?;
        }
    }
    Ok(())
}

impl Arguments {
    fn lessons(&self) -> Result<Vec<&'static Lesson>> {
        let named = |lesson: &&Lesson| {
            self.lessons.iter().any(|name| lesson.id.starts_with(name))
        };
        let usual = |lesson: &&Lesson| {
            !self.allocator || ALLOCATOR_LESSONS.contains(&lesson.id)
        };
        let all = self.lessons.is_empty();
        let lessons: Vec<_> = LESSONS
            .iter()
            .filter(|lesson| if all { usual(lesson) } else { named(lesson) })
            .collect();
        if lessons.is_empty() {
            bail!("no such lesson; `leaklab list` names all");
        }
        Ok(lessons)
    }
}

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
}

async fn throughput(
    programs: &[PathBuf; 2],
    lesson: &'static Lesson,
    pairs: u64,
) -> Result<()> {
    let plan = stage::plan(lesson, lesson.requests.max(REQUESTS_MIN));
    let bursts = take_turns(programs, lesson, plan, pairs, &[]).await?;
    let rate = |burst: &Burst| burst.requests_per_second;
    let [one, other] = [0, 1].map(|at| median(bursts.iter().map(|b| rate(&b[at]))));
    let ratio = Ratio::of(bursts.iter().map(|[one, other]| rate(other) / rate(one)));
    println!("{:<20} {one:>20.1} {other:>20.1}  {ratio}", lesson.id);
    Ok(())
}

/// A stream begins when its first page is there, whatever comes after it; an answer
/// that is gathered first begins when all of it is.
async fn first_byte(programs: &[PathBuf; 2], lesson: &'static Lesson) -> Result<()> {
    let plan = Plan { warm_up: 1, size: EXPORT_ITEMS, ..stage::plan(lesson, 1) };
    let bursts =
        take_turns(programs, lesson, plan, EXPORT_PAIRS, EXPORT_SETTINGS).await?;
    let wait = |burst: &Burst| burst.first_byte_ms;
    let [leaky, fixed] =
        [0, 1].map(|at| median(bursts.iter().map(|b| wait(&b[at]))));
    let ratio =
        Ratio::of(bursts.iter().map(|[leaky, fixed]| wait(leaky) / wait(fixed)));
    println!(
        "{:<20} first byte of {EXPORT_ITEMS} items: leaky {leaky:.1} ms, fixed \
         {fixed:.1} ms, leaky/fixed {ratio} of {EXPORT_PAIRS} pairs",
        lesson.id,
    );
    Ok(())
}

/// What one turn came to.
struct Burst {
    requests_per_second: f64,
    first_byte_ms: f64,
}

/// Runs both programs at once and gives them a round each, in turns; the pairs, each
/// in the order of the programs.
async fn take_turns(
    programs: &[PathBuf; 2],
    lesson: &'static Lesson,
    plan: Plan,
    pairs: u64,
    settings: &[&str],
) -> Result<Vec<[Burst; 2]>> {
    let open = |at: usize| Side::open(&programs[at], lesson, plan, pairs);
    let (one, other) = tokio::try_join!(open(0), open(1))?;
    let twins = [one.start(settings).await?, other.start(settings).await?];
    let mut bursts = Vec::new();
    for pair in 1..=pairs {
        // Whoever came last comes first now: a drift favours neither.
        bursts.push(if pair % 2 == 1 {
            let first = burst(&one, &twins[0], pair, plan).await?;
            [first, burst(&other, &twins[1], pair, plan).await?]
        } else {
            let first = burst(&other, &twins[1], pair, plan).await?;
            [burst(&one, &twins[0], pair, plan).await?, first]
        });
    }
    for twin in twins {
        twin.process.stop().await;
    }
    one.close().await?;
    other.close().await?;
    Ok(bursts)
}

async fn burst(
    side: &Side,
    twin: &Running,
    number: u64,
    plan: Plan,
) -> Result<Burst> {
    let (elapsed, stats) = side.burst(twin, number, plan.requests).await?;
    Ok(Burst {
        requests_per_second: plan.requests as f64 / elapsed.as_secs_f64(),
        first_byte_ms: stats.first_byte_us.max() as f64 / 1_000.0,
    })
}

/// The ratios of all pairs.
struct Ratio {
    median: f64,
    lowest: f64,
    highest: f64,
}

impl Ratio {
    fn of(ratios: impl Iterator<Item = f64> + Clone) -> Self {
        Self {
            median: median(ratios.clone()),
            lowest: ratios.clone().fold(f64::INFINITY, f64::min),
            highest: ratios.fold(0.0, f64::max),
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, lowest, highest } = self;
        let decimals = if *median < 10.0 { 2 } else { 0 };
        write!(f, "{median:.decimals$} ({lowest:.decimals$}–{highest:.decimals$})")
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    median_of(&values).expect("there is one pair and more")
}
