//! A service that has nothing to do with orders or DynamoDB, started and measured.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod pressure;
mod rates;

use anyhow::Result;
use heap::Reading;
use measure::bounds::Bounds;
use measure::{
    Growth, HeapClient, Instrument, Judgement, Load, Process, Samples, Scenario,
    Trend, Verdict, stages,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Command;
use workload::{Origin, Request, Requests};

/// Bytes of a request's body.
const BODY_BYTES: usize = 1_000;

/// Sends bodies to one path.
struct Bodies(&'static str);

impl Load for Bodies {
    fn requests(&self, _: u64, _: u64) -> Requests {
        let path = self.0;
        Arc::new(move |_| {
            Request::new("POST", path).body("text/plain", "x".repeat(BODY_BYTES))
        })
    }
}

fn scenario(expected: Verdict) -> Scenario {
    Scenario {
        in_app: Some("examples/shelf.rs".to_owned()),
        ..Scenario::new(Growth::Slope { min_leak_bytes: 500.0 }, expected)
    }
}

/// The example, which `cargo test` has built beside this test.
fn shelf() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap().parent().unwrap();
    folder.join("examples/shelf").with_extension(std::env::consts::EXE_EXTENSION)
}

async fn started() -> Process {
    let program = shelf();
    let command = Command::new(&program);
    Process::start("shelf", &program, command).await.unwrap()
}

/// Measures the example under this load, which may need its process id.
async fn measured_under<L: Load>(
    load: impl FnOnce(u32) -> L,
    scenario: &Scenario,
) -> (Samples, Judgement) {
    let process = started().await;
    let (origin, load) = (Origin(process.address()), load(process.id().unwrap()));
    let heap = HeapClient::new(origin);
    let measured = measure::measure(&heap, origin, &load, scenario, &|_| {}).await;
    process.stop().await;
    measured.unwrap()
}

async fn measured(path: &'static str, expected: Verdict) -> Judgement {
    measured_under(|_| Bodies(path), &scenario(expected)).await.1
}

#[tokio::test]
async fn what_a_service_keeps_is_a_leak_with_its_line() {
    let judgement = measured("/keep", Verdict::Leaks).await;
    assert_eq!(judgement.verdict, Verdict::Leaks, "{judgement:#?}");
    assert_eq!(judgement.mismatches, Vec::<String>::new());
    let slope = judgement.line.slope;
    assert!((slope - BODY_BYTES as f64).abs() < 100.0, "{slope} B per request");
    let top = judgement.sites.first().and_then(|site| site.in_app_frame.as_ref());
    let top = top.unwrap();
    assert!(top.starts_with("measure/examples/shelf.rs:"), "{top}");
}

#[tokio::test]
async fn what_a_service_forgets_is_flat() {
    let judgement = measured("/forget", Verdict::Flat).await;
    assert_eq!(judgement.verdict, Verdict::Flat, "{judgement:#?}");
    assert_eq!(judgement.mismatches, Vec::<String>::new());
    assert!(judgement.detection_limit <= 32.0);
}

#[tokio::test]
async fn c_memory_is_told_from_rust_memory() {
    let c_heap = async |path: &'static str| {
        let scenario = Scenario { windows: false, ..scenario(Verdict::Flat) };
        let (samples, judgement) = measured_under(|_| Bodies(path), &scenario).await;
        assert!(samples.readings.iter().all(|r| r.malloc_bytes.is_some()));
        (judgement.line.slope, measure::judge::c_heap(&samples.readings, 200.0))
    };
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return;
    }
    let (rust, c) = c_heap("/c").await;
    // malloc rounds 1,000 up to 1,008.
    assert!(rust < 100.0 && c.is_some_and(|c| (c - 1_008.0).abs() < 100.0), "{c:?}");
    for path in ["/keep", "/forget"] {
        assert_eq!(c_heap(path).await.1, None, "{path}");
    }
}

/// Memory that grows with the time.
struct Growing(Instant);

impl Instrument for Growing {
    async fn at_rest(&self) -> Result<Reading> {
        self.counters().await
    }

    async fn counters(&self) -> Result<Reading> {
        let live_bytes = 1_000_000 * self.0.elapsed().as_millis() as u64;
        Ok(Reading { live_bytes, ..Reading::default() })
    }

    async fn counters_at_rest(&self) -> Result<Reading> {
        self.counters().await
    }
}

#[tokio::test]
async fn growth_that_goes_on_without_requests_is_not_theirs() {
    let process = started().await;
    let (origin, heap) = (Origin(process.address()), Growing(Instant::now()));
    let scenario = stages::scenario(50, 4);
    let bounds = Bounds {
        open_files: 1_000,
        threads: 1_000,
        growth_bytes: u64::MAX,
        stage: Duration::from_secs(30),
        idle: Duration::ZERO,
        by_status: Duration::ZERO,
    };
    let load = Bodies("/forget");
    let step = |_: &str| {};
    let found = stages::measure(&heap, origin, &load, &scenario, &bounds, &step);
    let found = found.await.unwrap();
    process.stop().await;
    assert_eq!(found.trend, Trend::Inconclusive);
    assert!(found.reason.is_some_and(|why| why.contains("without requests")));
}
