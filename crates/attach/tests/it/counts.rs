//! Counters are exact, in bytes as requested.

use crate::running::Running;
use attach::Attached;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// What is live and was allocated, in bytes and blocks.
fn counts(attached: &Attached) -> [i64; 4] {
    let c = attached.counts().expect("the process runs");
    [c.live_bytes, c.live_blocks, c.allocated_bytes, c.allocated_blocks]
        .map(u64::cast_signed)
}

/// What one step added.
fn added(running: &mut Running) -> [i64; 4] {
    let before = counts(&running.attached);
    assert_eq!(running.step(), "done");
    let after = counts(&running.attached);
    std::array::from_fn(|at| after[at] - before[at])
}

#[test]
fn every_function_counts_what_was_asked_for() {
    let mut running = Running::new("functions.c", &["-fno-builtin"]);
    let first = 1 + 1_000 + 1_000_000 + 77 + 1_000_000;
    assert_eq!(added(&mut running), [first, 6, first, 6]);
    let resized = 500 + 10 + 2_000_000;
    let grown = resized + 25 - (1 + 1_000 + 1_000_000);
    assert_eq!(added(&mut running), [grown, 1, resized + 33 + 25, 2]);
    let aligned = 8_192 + 100 + 5_000 + 8_192 + 300;
    assert_eq!(added(&mut running), [aligned, 5, aligned, 5]);
    assert_eq!(added(&mut running), [-(first + grown + aligned), -12, 0, 0]);
}

#[test]
fn a_planted_leak_is_exact_and_begins_when_it_is_asked_for() {
    let mut running = Running::new("functions.c", &["-fno-builtin"]);
    for _ in 0..3 {
        running.attached.plant(100).expect("the process runs");
    }
    let all = 1 + 1_000 + 1_000_000 + 77 + 1_000_000 + 3 * 100;
    assert_eq!(added(&mut running), [all, 9, all, 9]);
}

#[test]
fn threads_that_free_each_others_blocks_lose_no_count() {
    let mut running = Running::new("threads.c", &["-pthread"]);
    added(&mut running);
    let [bytes, blocks, _, allocated] = added(&mut running);
    assert_eq!((bytes, blocks), (12_345, 1));
    assert!(allocated >= 8 * 20_000, "{allocated}");
}

#[test]
fn a_forked_child_counts_for_itself() {
    let mut running = Running::new("fork.c", &[]);
    let before = counts(&running.attached);
    let printed = running.step();
    let child = printed.split(' ').next().and_then(|pid| pid.parse().ok());
    let child = Attached::to(child.expect("a number")).expect("it is a copy");
    let whole = (0..500).any(|_| {
        sleep(Duration::from_millis(10));
        counts(&child)[1] - before[1] == 1_000
    });
    assert!(whole);
    assert_eq!(counts(&running.attached)[0] - before[0], 10);
}

#[test]
fn a_process_without_the_library_is_refused() {
    let child = Command::new("/bin/sleep").arg("60").spawn();
    let mut child = child.expect("sleep starts");
    let refused = Attached::to(child.id());
    drop(child.kill());
    drop(child.wait());
    let refused = refused.expect_err("nothing is preloaded").to_string();
    assert!(refused.contains("has not loaded libpreload.so"), "{refused}");
}
