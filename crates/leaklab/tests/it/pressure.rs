//! Pressure that the test makes itself: when a measurement begins a certain step, its
//! database, its service or the driver stands still for longer than every deadline, and
//! goes on. No verdict may be wrong; what was sent again is named.

use crate::fixture::{CONTROL, Leaklab, parsed, signal};
use leaklab::run::{EngineChoice, Numbers, Run, Service};
use leaklab::stop::Stop;
use lessons::LESSONS;
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Longer than the 8 seconds after which the twins give up a call to the database.
const STOPPED: Duration = Duration::from_secs(10);

/// What the test below measures: lesson, twin, program to stop and step, in a line each.
const PRESSURE: &str = "LEAKLAB_TEST_PRESSURE";

/// The process that measures.
const DRIVER: &str = "driver";

fn stopped(lesson: &str, twin: &str, program: &str, step: &str) -> Value {
    // A process of its own, whose children are those of this measurement.
    let this = std::env::current_exe().unwrap();
    let inner = "pressure::in_a_process_of_its_own";
    let done =
        Leaklab::program(this.to_str().unwrap(), &["--nocapture", "--exact", inner])
            .env(PRESSURE, &[lesson, twin, program, step].join("\n"))
            .run()
            .code(0)
            .leaves_nothing();
    let printed = done.stdout();
    let line = printed.lines().find_map(|line| line.strip_prefix(PRESSURE)).unwrap();
    let found = parsed(line);
    match found["verdict"].as_str().unwrap() {
        "INCONCLUSIVE" => is_open_with_the_reason(&found["mismatches"][0]),
        _ => {
            assert_eq!(found["verdict"], found["expected"], "{found:#}");
            assert_eq!(found["mismatches"], json!([]), "{found:#}");
        }
    }
    found["repeated"].clone()
}

#[track_caller]
fn is_open_with_the_reason(mismatch: &Value) {
    let text = mismatch.as_str().unwrap();
    let reasons = ["quieter machine", "under pressure"];
    let named = reasons.iter().any(|reason| text.contains(reason));
    assert!(named && text.contains("INCONCLUSIVE"), "{text}");
}

#[test]
fn in_a_process_of_its_own() {
    let Ok(what) = std::env::var(PRESSURE) else { return };
    let [lesson, twin, program, at] = what.lines().collect::<Vec<_>>()[..] else {
        panic!("four lines")
    };
    let twin = ["leaky", "fixed"].into_iter().find(|name| *name == twin).unwrap();
    let lesson = LESSONS.iter().find(|known| known.id == lesson).unwrap();
    let (plan, scenario) = Numbers { seed: 7, ..Numbers::default() }.of(lesson);
    let service = Service::twin(twin);
    let once = AtomicBool::new(false);
    let step = |what: &str| {
        if what.starts_with(at) && !once.swap(true, Relaxed) {
            stop_children(program);
        }
    };
    let run = Run::new(EngineChoice::Embedded, Stop::default()).unwrap();
    let measured = run.measure(service, plan, &scenario, &step, None);
    let measured = tokio::runtime::Runtime::new().unwrap().block_on(measured);
    let measured = measured.unwrap_or_else(|failure| panic!("{failure}"));
    let found = json!({
        "verdict": measured.judgement.verdict,
        "expected": service.scenario(lesson, &scenario).expected,
        "mismatches": measured.judgement.mismatches,
        "repeated": measured.samples.pressure.repeated,
    });
    writeln!(std::io::stdout(), "\n{PRESSURE}{found}").unwrap();
}

/// Stops this process's children of that name, or itself, and lets them go on later.
fn stop_children(program: &str) {
    let own = std::process::id().to_string();
    if program == DRIVER {
        let seconds = STOPPED.as_secs();
        let script = format!("kill -STOP {own}; sleep {seconds}; kill -CONT {own}");
        let mut shell = Command::new("sh").args(["-c", &script]).spawn().unwrap();
        std::thread::spawn(move || shell.wait());
        return;
    }
    let found = Command::new("pgrep").args(["-P", &own, "-x", program]).output();
    let found = String::from_utf8(found.unwrap().stdout).unwrap();
    let children: Vec<u32> = found.lines().map(|id| id.parse().unwrap()).collect();
    assert!(!children.is_empty(), "no {program}");
    children.iter().for_each(|child| signal("STOP", *child));
    std::thread::spawn(move || {
        std::thread::sleep(STOPPED);
        children.iter().for_each(|child| signal("CONT", *child));
    });
}

#[test]
fn a_database_that_stands_still_does_not_turn_the_verdict_of_a_leak() {
    let repeated =
        stopped("l11_session_cache", "leaky", "leaklab-engine", "round 3/");
    assert_ne!(repeated, json!([]));
}

#[test]
fn a_database_that_stands_still_does_not_turn_the_verdict_of_a_control() {
    let repeated = stopped("c02_first_page", "fixed", "leaklab-engine", "round 5/");
    assert_ne!(repeated, json!([]));
}

#[test]
fn a_database_that_stands_still_does_not_turn_the_verdict_of_a_peak() {
    let repeated =
        stopped("l01_order_export", "leaky", "leaklab-engine", "peak at 600");
    assert_ne!(repeated, json!([]));
}

#[test]
fn a_service_that_stands_still_does_not_turn_the_verdict_of_a_peak() {
    // It may stand still before the first request is sent; then nothing is sent again.
    stopped("l06_admission", "fixed", "fixed", "peak at 48");
}

#[test]
fn a_driver_that_stands_still_does_not_turn_the_verdict_of_a_leak() {
    stopped("l11_session_cache", "leaky", DRIVER, "round 3/");
}

#[test]
fn a_driver_that_stands_still_does_not_turn_the_verdict_of_a_peak() {
    stopped("l01_order_export", "fixed", DRIVER, "peak at 600");
}

#[test]
fn a_comparison_that_stands_still_as_a_whole_has_no_wrong_verdict() {
    let run = Leaklab::compare(&[CONTROL, "l11", "--format", "json"]);
    // The services have just been started; any moment will do.
    let done = run.interrupted_when("fixed", |driver, _| {
        signal("STOP", driver);
        std::thread::sleep(STOPPED);
        signal("CONT", driver);
    });
    let lessons = done.json()["lessons"].as_array().unwrap().clone();
    let mismatches =
        lessons.iter().flat_map(|l| l["mismatches"].as_array().unwrap());
    let mismatches: Vec<_> = mismatches.collect();
    mismatches.iter().for_each(|mismatch| is_open_with_the_reason(mismatch));
    done.code(i32::from(!mismatches.is_empty())).leaves_nothing();
}
