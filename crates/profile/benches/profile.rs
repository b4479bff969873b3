//! Time to read a dhat profile of about 10 MB, and to rank what grew from one to
//! another. Reading is compared with serde_json alone, into structures that are as
//! plain.
//!
//!     cargo bench -p profile --bench profile

mod synthetic;

use criterion::{Criterion, Throughput};
use profile::{Moment, Profile};
use serde::Deserialize;
use std::hint::black_box;
use synthetic::synthetic;

/// What there is to read and nothing else.
#[derive(Deserialize)]
#[expect(dead_code, reason = "to be filled is all that these are for")]
struct Plain {
    #[serde(rename = "dhatFileVersion")]
    version: u32,
    mode: String,
    pps: Vec<PlainPoint>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "to be filled is all that these are for")]
struct PlainPoint {
    tb: u64,
    tbk: u64,
    tl: u64,
    gb: u64,
    gbk: u64,
    eb: u64,
    ebk: u64,
    fs: Vec<usize>,
}

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
    group.bench_function("heap", |bencher| {
        bencher.iter_with_large_drop(|| {
            Profile::parse(black_box(&json)).expect("the profile is one of dhat's")
        });
    });
    group.bench_function("serde_json", |bencher| {
        bencher.iter_with_large_drop(|| {
            serde_json::from_slice::<Plain>(black_box(&json))
                .expect("the profile is one of dhat's")
        });
    });
    group.finish();
}

fn ranking(criterion: &mut Criterion) {
    let [earlier, later] = [1, 2].map(|window| {
        Profile::parse(&synthetic(window, 1)).expect("the profile is one of dhat's")
    });
    let own = |place: &str| place.contains("src/lessons/");
    criterion.bench_function("growth since", |bencher| {
        bencher.iter_with_large_drop(|| {
            black_box(&later).growth_since(black_box(&earlier), Moment::End, own)
        });
    });
}
