//! Windows name the lines that hold memory.

use crate::running::{Running, source};
use serde_json::Value;
use std::thread::sleep;
use std::time::Duration;

const COUNTS: [&str; 8] = ["tb", "tbk", "eb", "ebk", "mb", "mbk", "gb", "gbk"];

/// A stack's counts and frames.
type Stack = ([u64; 8], Vec<String>);

fn open(running: &mut Running) {
    running.attached.open_window().expect("the process runs");
}

fn close(running: &mut Running) -> Vec<Stack> {
    let json = running.attached.close_window().expect("a window is open");
    let profile: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(
        (&profile["dhatFileVersion"], &profile["lost"]),
        (&2.into(), &0.into())
    );
    let frame = |index: &Value| {
        let index = index.as_u64().expect("an index") as usize;
        profile["ftbl"][index].as_str().expect("a frame").to_owned()
    };
    let stacks = profile["pps"].as_array().expect("stacks").iter().map(|point| {
        let counts = COUNTS.map(|name| point[name].as_u64().expect("a number"));
        assert!(counts[2] == 0 || point["tl"].as_u64() > Some(0));
        let frames = point["fs"].as_array().expect("frames").iter();
        (counts, frames.map(frame).collect())
    });
    stacks.collect()
}

/// The only stack of which a frame is in the marked line.
fn marked(stacks: &[Stack], name: &str, mark: &str) -> Stack {
    let text = std::fs::read_to_string(source(name)).expect("a program");
    let line = text.lines().position(|line| line.contains(mark)).expect("a mark");
    let place = format!("{name}:{}:", line + 1);
    let of = |(_, frames): &&Stack| frames.iter().any(|f| f.contains(&place));
    let found: Vec<_> = stacks.iter().filter(of).cloned().collect();
    assert_eq!(found.len(), 1, "{place} {stacks:?}");
    found[0].clone()
}

#[test]
fn a_c_program_is_named_to_the_line() {
    let mut running = Running::new("leak.c", &["-O1", "-fomit-frame-pointer"]);
    assert!(running.attached.close_window().is_err());
    running.step();
    open(&mut running);
    running.step();
    running.step();
    let stacks = close(&mut running);
    let (leak, frames) = marked(&stacks, "leak.c", "// LEAK");
    assert_eq!(leak, [2_000, 20, 2_000, 20, 2_000, 20, 2_000, 20]);
    for (frame, name) in frames.iter().zip([": leak (", ": step (", ": main ("]) {
        assert!(frame.contains(name), "{frames:?}");
    }
    let (large, _) = marked(&stacks, "leak.c", "// LARGE");
    assert_eq!(large, [220_000, 4, 0, 0, 60_000, 1, 60_000, 1]);
    open(&mut running);
    assert_eq!(close(&mut running), [], "nothing was allocated");
    open(&mut running);
    running.step();
    let (leak, _) = marked(&close(&mut running), "leak.c", "// LEAK");
    assert_eq!(leak[..2], [1_000, 10], "a window begins from nothing");
}

#[test]
fn a_rust_program_is_named_as_dhat_names_it() {
    let mut running = Running::new("leak.rs", &["--edition=2024"]);
    running.step();
    open(&mut running);
    running.step();
    let (leak, frames) = marked(&close(&mut running), "leak.rs", "// LEAK");
    assert_eq!(leak[..4], [777, 1, 777, 1]);
    let any = |name: &str| frames.iter().any(|frame| frame.contains(name));
    assert!(any(": leak::keep ("), "{frames:?}");
    // dhat leaves out what only passes a request for memory on.
    let passes = [": malloc", ": __rust_alloc", ": __rdl_alloc", ": alloc::alloc::"];
    assert!(!passes.into_iter().any(any), "{frames:?}");
}

#[test]
fn a_program_that_was_built_again_is_named_as_it_runs() {
    let mut running = Running::new("leak.rs", &["--edition=2024"]);
    running.rebuild("threads.c");
    open(&mut running);
    running.step();
    let (leak, _) = marked(&close(&mut running), "leak.rs", "// LEAK");
    assert_eq!(leak[..4], [777, 1, 777, 1]);
}

#[test]
fn windows_may_open_and_close_while_threads_allocate() {
    let mut running = Running::new("threads.c", &["-pthread"]);
    running.step();
    let before = running.attached.counts().expect("the process runs");
    open(&mut running);
    running.step();
    let stacks = close(&mut running);
    let (kept, _) = marked(&stacks, "threads.c", "// KEPT");
    assert_eq!(kept[..4], [12_345, 1, 12_345, 1]);
    let work = stacks.iter().filter(|(_, frames)| frames[0].contains(": work ("));
    let live: u64 = work.map(|(counts, _)| counts[2]).sum();
    assert_eq!(live, 0, "all blocks of the threads are freed");
    running.begin();
    for _ in 0..20 {
        open(&mut running);
        sleep(Duration::from_millis(5));
        close(&mut running);
    }
    // The third step frees the kept block.
    running.end();
    let after = running.attached.counts().expect("the process runs");
    assert_eq!(after.live_bytes, before.live_bytes);
}
