//! `leaklab measure` as a gate: accepted growth, and leaks that are planted.

use crate::measure::{REQUESTS, Shelf, started, text};
use acceptance::contains;
use std::fs;

/// Measures with a planted leak: exit code, verdicts' findings, and the text.
fn planted(shelf: &Shelf, instrument: &str, bytes: &str) -> (Option<i32>, String) {
    let address = shelf.address.to_string();
    let plant = ["--plant", bytes, "--instrument", instrument, "--ready", "/__heap"];
    let only = ["--only", "keep", "--only", "forget"];
    let started = started(&shelf.program, &address);
    let output = shelf.measured(REQUESTS, &[&plant[..], &only, &started].concat());
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn a_planted_leak_is_found_to_the_byte_and_a_tiny_one_is_not() {
    let shelf = Shelf::new();
    let instruments = if cfg!(all(target_os = "linux", target_env = "gnu")) {
        &["heap", "preload"][..]
    } else {
        &["heap"]
    };
    for instrument in instruments {
        let (code, out) = planted(&shelf, instrument, "300");
        assert_eq!(code, Some(0), "{instrument}: {out}");
        contains(&out, &["A planted leak of 300 B per request was found in 2 of 2"]);
        for request in shelf.result()["requests"].as_array().unwrap() {
            let more = &request["planted"]["more_bytes_per_request"];
            let more = more.as_f64().unwrap();
            assert!((more - 300.0).abs() < 15.0, "{instrument}: {more} in {out}");
        }
    }
    let (code, out) = planted(&shelf, "heap", "1");
    assert_eq!(code, Some(1), "{out}");
    contains(&out, &["LEAKS: a leak of 1 B would not be caught"]);
    let (code, out) = planted(&shelf, "process", "1");
    assert_eq!(code, Some(2), "{out}");
    contains(&out, &["--plant cannot leak in a process from outside"]);
}

#[test]
fn growth_that_somebody_answers_for_is_no_failure() {
    let shelf = Shelf::new();
    let address = shelf.address.to_string();
    let accepted = shelf.path("accepted.toml");
    let entry = |name, expires| {
        format!(
            "[[request]]\nname = '{name}'\nreason = 'kept for a day'\nowner = 'us'\n\
             expires = {expires}\n"
        )
    };
    let file = entry("keep", "9999-12-31") + &entry("no", "9999-12-31");
    fs::write(&accepted, file).unwrap();
    let accept = ["--only", "keep", "--accept", accepted.to_str().unwrap()];
    let arguments = [&accept[..], &started(&shelf.program, &address)].concat();
    let may = shelf.measured(REQUESTS, &arguments);
    assert_eq!(may.status.code(), Some(0), "{}", text(&may.stdout));
    contains(&text(&may.stdout), &["accepted until 9999-12-31: kept for a day"]);
    contains(&text(&may.stdout), &["accepted.toml:6: there is no request no"]);
}
