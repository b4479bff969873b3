//! Time for a robust line and for a detection limit, by the number of readings. Both
//! look at all pairs of readings, the limit once more for every place of a step.
//!
//!     cargo bench -p leaklab --bench statistics

use criterion::Criterion;
use measure::statistics::{detection_limit, theil_sen};
use std::hint::black_box;

/// What one buffer more or less weighs; any step takes the same time.
const STEP_BYTES: f64 = 8_232.0;

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    for count in [8, 64] {
        let points = readings(count);
        let line = theil_sen(&points).expect("there are two readings and more");
        criterion.bench_function(&format!("theil_sen/{count}"), |bencher| {
            bencher.iter(|| theil_sen(black_box(&points)));
        });
        criterion.bench_function(&format!("detection_limit/{count}"), |bencher| {
            bencher.iter(|| detection_limit(black_box(&points), &line, STEP_BYTES));
        });
    }
    criterion.final_summary();
}

/// Live bytes of a leak of 700 B a request, with noise of up to 10 KB.
fn readings(count: u32) -> Vec<(f64, f64)> {
    let reading = |n: u32| {
        let requests = f64::from(200 * n);
        (requests, 700.0 * requests + f64::from(n * 7_919 % 10_007))
    };
    (1..=count).map(reading).collect()
}
