//! A service that has nothing to do with orders or DynamoDB, started and measured.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod pressure;
mod rates;

use measure::{
    Growth, HeapClient, Judgement, Load, Process, Samples, Scenario, Verdict,
};
use std::path::PathBuf;
use std::sync::Arc;
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

/// Measures the example under this load, which may need its process id.
async fn measured_under<L: Load>(
    load: impl FnOnce(u32) -> L,
    scenario: &Scenario,
) -> (Samples, Judgement) {
    let program = shelf();
    let command = Command::new(&program);
    let process = Process::start("shelf", &program, command).await.unwrap();
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
