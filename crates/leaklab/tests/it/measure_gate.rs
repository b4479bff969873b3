//! `leaklab measure` as a gate: accepted growth, and leaks that are planted.

use crate::fixture::Done;
use crate::measure::{REQUESTS, Shelf};
use acceptance::contains;
use std::fs;

/// Measures with a planted leak.
fn planted(shelf: &Shelf, instrument: &str, bytes: &str) -> Done {
    let plant = ["--plant", bytes, "--instrument", instrument, "--ready", "/__heap"];
    let only = ["--only", "keep", "--only", "forget"];
    shelf.measured(REQUESTS, &[&plant[..], &only].concat())
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
        let out = planted(&shelf, instrument, "300").code(0).stdout();
        contains(&out, &["A planted leak of 300 B per request was found in 2 of 2"]);
        for request in shelf.result()["requests"].as_array().unwrap() {
            let more = &request["planted"]["more_bytes_per_request"];
            let more = more.as_f64().unwrap();
            assert!((more - 300.0).abs() < 15.0, "{instrument}: {more} in {out}");
        }
    }
    let tiny = planted(&shelf, "heap", "1").code(1);
    contains(&tiny.stdout(), &["LEAKS: a leak of 1 B would not be caught"]);
    let outside = planted(&shelf, "process", "1").code(2);
    let said = "--plant cannot leak in a process from outside";
    contains(&outside.stderr(), &[said]);
}

#[test]
fn growth_that_somebody_answers_for_is_no_failure() {
    let shelf = Shelf::new();
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
    let may = shelf.measured(REQUESTS, &accept).code(0).stdout();
    let accepted = "accepted until 9999-12-31: kept for a day";
    contains(&may, &[accepted, "accepted.toml:6: there is no request no"]);
}
