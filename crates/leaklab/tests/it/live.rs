//! `leaklab live` with real twins. Its page is tested in the crate `live`.

use crate::fixture::{Leaklab, contains, signal};
use std::fs;

#[test]
fn a_run_that_is_ended_leaves_its_page_and_nothing_else() {
    let run = Leaklab::new(&["live", "l09"]);
    let file = run.out("run.html");
    let run = run.args(&["--save", file.to_str().unwrap()]);
    let done = run.interrupted_when("fixed", |driver, _| signal("INT", driver));
    let done = done.code(0).leaves_nothing();
    contains(&done.stdout(), &["l09", "leaky and fixed", "http://127.0.0.1:"]);
    contains(
        &fs::read_to_string(file).unwrap(),
        &["leaky", "leaklab live --replay"],
    );
}

#[test]
fn a_twin_that_passes_its_limit_is_killed() {
    let run = ["live", "--prove", "l02", "--load", "400", "--memory-limit", "24MiB"];
    // It dies before a forecast is made, so none is met.
    let done = Leaklab::new(&run).run().code(1).leaves_nothing();
    contains(&done.stdout(), &["l02", "24 MiB", "0 of 1 within"]);
}
