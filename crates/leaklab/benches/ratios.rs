//! Requests per second of the fixed twin over those of the leaky one, and the time to
//! the first byte of a large response.
//!
//!     cargo bench -p leaklab --bench ratios [-- LESSON...]
//!
//! Both twins run, each with its own engine, and take turns in short bursts (leaky
//! fixed, fixed leaky, and so on), so that other load slows both. The median of the
//! ratios of all pairs counts.

mod side;

use anstream::println;
use anyhow::{Result, ensure};
use clap::Parser;
use lessons::{LESSONS, Lesson, Plan};
use measure::statistics::median_of;
use side::{Burst, Side, build, plan};
use std::path::PathBuf;

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
    let folder = build(&["--bins"])?;
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
        if lesson.growth.scale().is_some() {
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

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    median_of(&values).expect("there is one pair and more")
}
