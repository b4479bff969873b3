//! Time to read a dhat profile of about 10 MB, and to rank what grew between two.
//!
//!     cargo bench -p profile --bench profile

mod synthetic;

use criterion::{Criterion, Throughput};
use profile::{InApp, Moment, Profile};
use std::hint::black_box;
use synthetic::synthetic;

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    criterion = criterion.sample_size(20);
    reading(&mut criterion);
    ranking(&mut criterion);
    criterion.final_summary();
}

fn reading(criterion: &mut Criterion) {
    let json = synthetic(1, 1);
    let mut group = criterion.benchmark_group("read a profile");
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter_with_large_drop(|| {
            Profile::parse(black_box(&json)).expect("the profile is one of dhat's")
        });
    });
    group.finish();
}

fn ranking(criterion: &mut Criterion) {
    let [earlier, later] = [1, 2].map(|window| {
        Profile::parse(&synthetic(window, 1)).expect("the profile is one of dhat's")
    });
    let in_app = InApp::lessons();
    criterion.bench_function("growth since", |bencher| {
        bencher.iter_with_large_drop(|| {
            black_box(&later).growth_since(black_box(&earlier), Moment::End, &in_app)
        });
    });
}
