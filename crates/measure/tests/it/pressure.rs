//! Pressure that the test makes itself, at the same request in every run: the service stands
//! still for seconds and goes on.

use crate::{BODY_BYTES, measured_under, scenario};
use measure::{Growth, Load, Scale, Scenario, Verdict};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use workload::{Request, Requests};

/// Longer than the deadline of the example's `/late`.
const STOPPED: Duration = Duration::from_secs(3);

/// Sends bodies, and stops the service once, in the middle of a load.
struct Stops {
    path: &'static str,
    /// Round and size in which the service is stopped.
    at: (u64, u64),
    process: u32,
    stopped: Arc<AtomicBool>,
}

impl Load for Stops {
    fn requests(&self, round: u64, size: u64) -> Requests {
        let (path, process, here) =
            (self.path, self.process, self.at == (round, size));
        let stopped = Arc::clone(&self.stopped);
        let bytes = BODY_BYTES.max(size as usize);
        Arc::new(move |n| {
            let request = Request::new("POST", path);
            let request = request.body("text/plain", "x".repeat(bytes));
            // The last request of a load of one, and one in the middle of a round.
            if !here || (size == 0 && n != 20) || stopped.swap(true, Relaxed) {
                return request;
            }
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(100));
                signal("STOP", process);
                std::thread::sleep(STOPPED);
                signal("CONT", process);
            });
            if path != "/late" {
                // Sent to a service that stands still already; the handler is too quick to
                // be stopped.
                std::thread::sleep(Duration::from_millis(300));
            }
            request.header("x-slow", "yes")
        })
    }
}

fn signal(name: &str, process: u32) {
    let process = process.to_string();
    let sent = Command::new("kill").args([&format!("-{name}"), &process]).status();
    assert!(sent.unwrap().success());
}

/// Its verdict is right or, on a machine that is busy beside the test, open with the reason;
/// and what was sent again is named.
async fn stopped_once(path: &'static str, scenario: &Scenario, at: (u64, u64)) {
    let stopped = Arc::new(AtomicBool::new(false));
    let load = |process| Stops { path, at, process, stopped: Arc::clone(&stopped) };
    let (samples, judgement) = measured_under(load, scenario).await;
    assert!(stopped.load(Relaxed), "nothing was stopped");
    let repeated = &samples.pressure.repeated;
    assert!(!repeated.is_empty(), "{:?}", samples.pressure);
    let phrase = samples.pressure.phrase().unwrap();
    assert!(phrase.contains(&repeated[0]), "{phrase}");
    match judgement.verdict {
        Verdict::Inconclusive => assert!(
            judgement.mismatches[0].contains("quieter machine")
                || judgement.mismatches[0].contains("under pressure"),
            "{:?}",
            judgement.mismatches
        ),
        verdict => {
            assert_eq!(verdict, scenario.expected, "{judgement:#?}");
            assert_eq!(judgement.mismatches, Vec::<String>::new());
            assert_eq!(samples.stats.errors, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_a_round_does_not_turn_the_verdict_of_a_leak() {
    stopped_once("/late", &scenario(Verdict::Leaks), (3, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_a_round_does_not_turn_the_verdict_of_a_control() {
    stopped_once("/forget", &scenario(Verdict::Flat), (5, 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_a_load_does_not_turn_the_verdict_of_a_peak() {
    const SIZES: &[u64] = &[100_000, 300_000, 1_000_000];
    let peak = Scenario {
        growth: Growth::Peak { sizes: SIZES, of: Scale::Items },
        sizes: SIZES.to_vec(),
        requests: 20,
        warm_up: 20,
        ..scenario(Verdict::Grows)
    };
    stopped_once("/forget", &peak, (0, 300_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_always_late_has_no_verdict_and_the_reason_is_named() {
    let never = |_| crate::Bodies("/never");
    let (samples, judgement) =
        measured_under(never, &scenario(Verdict::Leaks)).await;
    assert_eq!(judgement.verdict, Verdict::Inconclusive);
    let reason = &judgement.mismatches[0];
    assert!(reason.contains("504 Gateway Timeout for POST /never"), "{reason}");
    assert_eq!(samples.attempt, 1);
}
