//! What `leaklab measure` finds beside the heap and the successes, and what it leaves when
//! it is killed.

use crate::measure::Shelf;
use acceptance::{contains, signal};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

#[test]
fn what_leaks_beside_a_flat_heap_has_a_verdict_a_limit_and_a_time() {
    let shelf = Shelf::new();
    let requests = "### open\nPOST http://ADDRESS/open\n";
    let out = shelf.measured(requests, &["--rate", "10/s"]).code(1).stdout();
    let open = &shelf.result()["requests"][0];
    assert_eq!(
        (&open["verdict"], &open["metrics"][0]["name"]),
        (&"LEAKS".into(), &"open files".into())
    );
    assert_eq!(open["heap_verdict"], "FLAT");
    let per_request = open["metrics"][0]["per_request"].as_f64().unwrap();
    assert!((per_request - 1.0).abs() < 0.05, "{per_request} files per request");
    let limit = &open["limits"][0];
    let left = limit["requests"].as_f64().unwrap();
    assert_eq!(limit["seconds"].as_f64(), Some(left / 10.0));
    contains(&out, &["LEAKS", "open files with each request", " more, in "]);
    let junit = fs::read_to_string(shelf.path("out/junit.xml")).unwrap();
    contains(&junit, &["type=\"LEAKS\"", "open files with each request"]);
}

#[test]
fn growth_is_told_by_status_and_announced_errors_are_none() {
    let shelf = Shelf::new();
    let requests = "### odd\n# @expect 204 500\nPOST http://ADDRESS/odd/{{n}}\n";
    let out = shelf.measured(requests, &[]).code(1).stdout();
    let odd = &shelf.result()["requests"][0];
    assert_eq!((&odd["verdict"], &odd["errors"]), (&"LEAKS".into(), &0.into()));
    let by = |status: &str| odd["bytes_by_status"][status].as_f64().unwrap();
    assert!((500.0..600.0).contains(&by("500")) && by("204") < 50.0, "{odd:#}");
    contains(&out, &["= one response leaves +0.0 B by 204"]);
    assert!(!out.contains("are errors"), "{out}");
}

#[test]
fn peaks_of_physical_memory_follow_what_a_request_holds() {
    let shelf = Shelf::new();
    let requests = "### export\n# @sizes 2000 8000 32000\nGET http://ADDRESS/export/{{size}}\n\
                    ### stream\n# @sizes 2000 8000 32000\nGET http://ADDRESS/stream/{{size}}\n";
    let out = shelf.measured(requests, &["--instrument", "process"]).stdout();
    let result = shelf.result();
    let [export, stream] = [0, 1].map(|at| &result["requests"][at]);
    assert_eq!(export["verdict"], "GROWS WITH", "{out}");
    // Noise of physical memory may hide leaks on a busy machine; peaks are well above it.
    assert!(
        ["FLAT", "INCONCLUSIVE"].contains(&stream["verdict"].as_str().unwrap()),
        "{out}"
    );
    let peak = stream["peaks"]["at"][2]["peak_bytes"].as_u64();
    assert!(peak.unwrap() < 4_000_000, "{out}");
}

/// The command, on requests of which none ends soon but the first.
fn endless(shelf: &Shelf, requests: &str) -> Command {
    let file = shelf.path("shelf.http");
    let address = shelf.address.to_string();
    fs::write(&file, requests.replace("ADDRESS", &address)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_leaklab"));
    command.arg("measure").arg("--requests").arg(&file);
    command.arg("--out").arg(shelf.path("out"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn an_interrupt_keeps_the_requests_that_were_measured() {
    let shelf = Shelf::new();
    let requests = "### forget\nPOST http://ADDRESS/forget\n\n\
                    ### slow\n# @client does-not-read 60s\nPOST http://ADDRESS/forget\n";
    let address = shelf.address.to_string();
    let mut command = endless(&shelf, requests);
    command.arg("--").arg(&shelf.program).arg(&address).stderr(Stdio::piped());
    let mut leaklab = command.spawn().unwrap();
    let lines = BufReader::new(leaklab.stderr.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("measured, 1 of 2")));
    signal("INT", leaklab.id());
    assert_eq!(leaklab.wait().unwrap().code(), Some(130));
    let result = shelf.result();
    assert_eq!(result["requests"].as_array().unwrap().len(), 1, "{result:#}");
    assert_eq!(result["requests"][0]["verdict"], "FLAT");
    contains(&result["notes"].to_string(), &["nothing is known of slow"]);
    assert!(shelf.is_free());
}

#[test]
fn a_service_does_not_outlive_a_command_that_is_killed() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let mut command = endless(&shelf, "POST http://ADDRESS/forget\n");
    command.args(["--count", "1000000"]).arg("--").arg(&shelf.program).arg(&address);
    let mut leaklab = command.spawn().unwrap();
    let wait = || sleep(Duration::from_millis(10));
    while shelf.is_free() {
        wait();
    }
    // It is killed as by kill -9.
    leaklab.kill().unwrap();
    leaklab.wait().unwrap();
    while !shelf.is_free() {
        wait();
    }
}
