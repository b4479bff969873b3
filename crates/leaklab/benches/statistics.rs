//! Time for a robust line and for a detection limit, by the number of readings. Both
//! look at all pairs of readings, the limit once more for every place of a step.
//!
//!     cargo bench -p leaklab --bench statistics

use criterion::{BenchmarkId, Criterion};
use measure::statistics::{detection_limit, theil_sen};
use std::hint::black_box;

/// What one buffer more or less weighs; any step takes the same time.
const STEP_BYTES: f64 = 8_232.0;

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    lines(&mut criterion);
    limits(&mut criterion);
    criterion.final_summary();
}

fn lines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("theil_sen");
    for count in [8_u32, 64, 512] {
        let points = readings(count);
        group.bench_with_input(
            BenchmarkId::from_parameter(count),
            &points,
            |bencher, points| bencher.iter(|| theil_sen(black_box(points))),
        );
    }
    group.finish();
}

fn limits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("detection_limit");
    for count in [8_u32, 64] {
        let points = readings(count);
        let line = theil_sen(&points).expect("there are two readings and more");
        group.bench_with_input(
            BenchmarkId::from_parameter(count),
            &points,
            |bencher, points| {
                bencher
                    .iter(|| detection_limit(black_box(points), &line, STEP_BYTES));
            },
        );
    }
    group.finish();
}

/// Live bytes of a leak of 700 B a request, with noise of up to 10 KB.
fn readings(count: u32) -> Vec<(f64, f64)> {
    let reading = |n: u32| {
        let requests = f64::from(200 * n);
        (requests, 700.0 * requests + f64::from(n * 7_919 % 10_007))
    };
    (1..=count).map(reading).collect()
}
