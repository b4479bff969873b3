//! Time to read a dhat profile of about 10 MB, and to rank what grew from one to
//! another. Reading is compared with serde_json alone, into structures that are as
//! plain: what is above it is the checks.
//!
//!     cargo bench -p heap --bench profile

use criterion::{Criterion, Throughput};
use heap::profile::{Moment, Profile};
use serde::Deserialize;
use std::fmt::Write;
use std::hint::black_box;

/// Proportions of a profile of the leaky twin, twenty times as many of each.
const POINTS: usize = 9_000;
const FRAMES: usize = 48_000;
const FRAMES_OF_A_POINT: usize = 54;
/// Every so many frames there is one of a lesson's file.
const OWN_EVERY: usize = 500;

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
    eb: u64,
    ebk: u64,
    gb: u64,
    gbk: u64,
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
    let json = synthetic(1);
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
        Profile::parse(&synthetic(window)).expect("the profile is one of dhat's")
    });
    let own = |place: &str| place.contains("src/lessons/");
    criterion.bench_function("growth since", |bencher| {
        bencher.iter_with_large_drop(|| {
            black_box(&later).growth_since(black_box(&earlier), Moment::End, own)
        });
    });
}

/// A profile as dhat writes it, a number a line. The second window's holds more.
fn synthetic(window: usize) -> Vec<u8> {
    let mut json = String::from(
        "{\n\"dhatFileVersion\": 2,\n\"mode\": \"rust-heap\",\n\"pps\": [\n",
    );
    for n in 0..POINTS {
        let separator = if n == 0 { "" } else { ",\n" };
        let blocks = 1 + n % 7;
        let bytes = blocks * window * (16 + n % 1_000);
        let write = write!(
            json,
            "{separator}{{\n\"tb\": {bytes},\n\"tbk\": {blocks},\n\"tl\": {n},\n\
             \"mb\": {bytes},\n\"mbk\": {blocks},\n\"gb\": {bytes},\n\
             \"gbk\": {blocks},\n\"eb\": {bytes},\n\"ebk\": {blocks},\n\
             \"fs\": [\n{}\n]\n}}",
            stack(n)
        );
        write.expect(IN_MEMORY);
    }
    json.push_str("\n],\n\"ftbl\": [\n\"[root]\"");
    for n in 1..FRAMES {
        write!(json, ",\n\"{}\"", frame(n)).expect(IN_MEMORY);
    }
    json.push_str("\n]\n}\n");
    json.into_bytes()
}

/// Why writing to a text cannot fail.
const IN_MEMORY: &str = "a text takes all that is written to it";

/// Frames of a point: inner ones of its own, outer ones shared with its neighbours.
fn stack(point: usize) -> String {
    let frame = |depth: usize| {
        let shared = if depth < 6 { point } else { point / 64 };
        1 + (shared * 7_919 + depth * 104_729) % (FRAMES - 1)
    };
    let frames: Vec<String> =
        (0..FRAMES_OF_A_POINT).map(|depth| frame(depth).to_string()).collect();
    frames.join(",\n")
}

/// About as long as the frames of a service are.
fn frame(n: usize) -> String {
    let address = 0x5581_0000_0000_usize + n * 48;
    let line = 1 + n % 900;
    if n.is_multiple_of(OWN_EVERY) {
        return format!(
            "{address:#x}: leaky::lessons::l11_session_cache::Sessions::keep \
             (src/lessons/l11_session_cache.rs:{line}:9)"
        );
    }
    format!(
        "{address:#x}: <tower::middleware::layer_{n}::Wrapped<Inner> as \
         core::future::future::Future>::poll::{{{{closure}}}} \
         (middleware/layer_{}.rs:{line}:17)",
        n % 300
    )
}
