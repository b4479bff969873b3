//! Time per request of every lesson and control, leaky and fixed: real processes,
//! each with an embedded engine of its own.
//!
//!     cargo bench -p leaklab --bench twins [-- l09]
//!
//! The twins are measured one after the other, so on a machine that others use, too,
//! a difference of some per cent may be theirs. `ratios` compares side by side.

mod stage;

use anyhow::Result;
use criterion::{Criterion, SamplingMode};
use lessons::{LESSONS, Lesson};
use stage::Side;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A twin is replaced after the warm-up and this many requests, so that what `leaky`
/// keeps stays small: in some lessons a socket and 135 kB per request.
const LIFE_REQUESTS: u64 = 200;

/// The fewest that criterion allows: each costs at least one start of a twin.
const SAMPLES: usize = 10;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("twins: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let folder = stage::build(None, &["--bins"])?;
    let runtime = Runtime::new()?;
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    for lesson in LESSONS {
        compare(&mut criterion, &runtime, &folder, lesson);
    }
    criterion.final_summary();
    Ok(())
}

fn compare(
    criterion: &mut Criterion,
    runtime: &Runtime,
    folder: &Path,
    lesson: &'static Lesson,
) {
    let mut group = criterion.benchmark_group(lesson.id);
    group.sampling_mode(SamplingMode::Flat).sample_size(SAMPLES);
    group.warm_up_time(Duration::from_secs(1));
    for twin in ["leaky", "fixed"] {
        let plan = stage::plan(lesson, LIFE_REQUESTS);
        let open = || {
            let program =
                folder.join(twin).with_extension(std::env::consts::EXE_EXTENSION);
            let side = runtime.block_on(Side::open(&program, lesson, plan, 1));
            side.unwrap_or_else(|error| panic!("{error:#}"))
        };
        // Opened on first use: criterion may have been asked for other lessons only.
        let mut side = None;
        group.bench_function(twin, |bencher| {
            let side = &*side.get_or_insert_with(open);
            bencher.iter_custom(|requests| {
                let elapsed = runtime.block_on(in_lives(side, requests));
                elapsed.unwrap_or_else(|error| panic!("{error:#}"))
            });
        });
        if let Some(side) = side {
            // The results stand already, and the engine ends with this process.
            let _ = runtime.block_on(side.close());
        }
    }
    group.finish();
}

/// Time for this many requests, without the starts and ends of the twins.
async fn in_lives(side: &Side, requests: u64) -> Result<Duration> {
    let (mut left, mut total) = (requests, Duration::ZERO);
    while left > 0 {
        let now = left.min(LIFE_REQUESTS);
        let twin = side.start(&[]).await?;
        let (elapsed, _) = side.burst(&twin, 1, now).await?;
        twin.process.stop().await;
        total += elapsed;
        left -= now;
    }
    Ok(total)
}
