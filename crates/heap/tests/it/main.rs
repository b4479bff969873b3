//! The allocator and its window, in a process of their own: a program has one global
//! allocator and one window.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use heap::window::{self, WindowError};
use heap::{CountingAlloc, alloc};
use serde_json::Value;
use std::sync::{Mutex, MutexGuard};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

/// Counters are those of the process, so these tests take turns. The threads of the
/// harness still allocate a little: blocks here are large, and bounds are wide.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

const MIB: usize = 1 << 20;

#[inline(never)]
fn kept_by_this_function() -> Vec<u8> {
    // Without the black box the call is the last one, and its frame is reused.
    std::hint::black_box(vec![1; 3 * MIB])
}

fn live() -> usize {
    alloc::counts().live_bytes as usize
}

fn about(bytes: usize, expected: usize) -> bool {
    bytes.abs_diff(expected) < MIB / 4
}

#[test]
fn live_bytes_follow_allocations_frees_and_resizes() {
    let _turn = alone();
    let before = live();
    let mut block = vec![0_u8; 4 * MIB];
    assert!(about(live() - before, 4 * MIB));
    block.reserve_exact(8 * MIB);
    assert!(about(live() - before, 12 * MIB));
    block.truncate(MIB);
    block.shrink_to_fit();
    assert!(about(live() - before, MIB));
    drop(block);
    assert!(about(live(), before));
}

#[test]
fn a_block_freed_by_another_thread_is_gone() {
    let _turn = alone();
    let before = live();
    for _ in 0..200 {
        let block = vec![0_u8; MIB];
        std::thread::spawn(move || drop(block)).join().unwrap();
    }
    assert!(about(live(), before), "{} bytes over", live() - before);
}

#[test]
fn the_peak_outlives_the_block_until_it_is_reset() {
    let _turn = alone();
    alloc::reset_peak();
    let before = live();
    drop(vec![0_u8; 16 * MIB]);
    assert!(about(alloc::peak_bytes() as usize - before, 16 * MIB));
    alloc::reset_peak();
    assert!(about(alloc::peak_bytes() as usize, before));
}

/// The stack of a profile with most bytes at the end, and the texts of its frames.
fn largest(profile: &[u8]) -> (Value, Vec<String>) {
    let profile: Value = serde_json::from_slice(profile).unwrap();
    let stacks = profile["pps"].as_array().unwrap();
    let largest = stacks.iter().max_by_key(|stack| stack["eb"].as_u64()).unwrap();
    let frames = largest["fs"].as_array().unwrap().iter();
    let text = |frame: &Value| {
        let text = &profile["ftbl"][frame.as_u64().unwrap() as usize];
        text.as_str().unwrap().to_owned()
    };
    (largest.clone(), frames.map(text).collect())
}

#[test]
fn a_window_shows_what_is_live_and_who_allocated_it() {
    let _turn = alone();
    let older = vec![0_u8; 5 * MIB];
    window::open(window::FRAMES).unwrap();
    let kept = kept_by_this_function();
    drop(vec![0_u8; 7 * MIB]);
    drop(older);
    let (stack, frames) = largest(&window::close().unwrap());
    let count = |name: &str| stack[name].as_u64().unwrap() as usize;
    assert_eq!((count("eb"), count("ebk")), (3 * MIB, 1), "{stack}");
    // At the peak there were 10 MiB, 3 of which this call stack held.
    assert_eq!((count("gb"), count("tb"), count("tbk")), (3 * MIB, 3 * MIB, 1));
    let named = |frame: &String| frame.contains("kept_by_this_function");
    assert!(frames.iter().any(named), "{frames:?}");
    drop(kept);
}

#[test]
fn a_resized_block_stays_with_the_call_stack_that_allocated_it() {
    let _turn = alone();
    window::open(window::FRAMES).unwrap();
    let mut kept = kept_by_this_function();
    kept.reserve_exact(5 * MIB);
    let (stack, _) = largest(&window::close().unwrap());
    let count = |name: &str| stack[name].as_u64().unwrap() as usize;
    // As dhat counts it: one more block allocated, of the new size.
    assert_eq!((count("eb"), count("ebk")), (8 * MIB, 1), "{stack}");
    assert_eq!((count("tb"), count("tbk")), (11 * MIB, 2), "{stack}");
    drop(kept);
}

#[cfg(target_os = "linux")]
#[test]
fn frames_have_the_same_names_inside_and_outside_the_process() {
    let _turn = alone();
    let named = |outside: bool| {
        window::open(window::FRAMES).unwrap();
        let kept = kept_by_this_function();
        let profile = match outside {
            false => window::close().unwrap(),
            true => {
                let raw = window::close_raw().unwrap();
                let raw = serde_json::from_slice(&raw).unwrap();
                heap::Symbols::default().to_dhat(&raw)
            }
        };
        drop(kept);
        let (_, frames) = largest(&profile);
        // The two windows are opened in one line and closed in two.
        let inner =
            frames.into_iter().take_while(|f| !f.contains("inside_and_outside"));
        inner.collect::<Vec<_>>()
    };
    let (inside, outside) = (named(false), named(true));
    assert!(inside.iter().any(|frame| frame.contains("kept_by_this_function")));
    assert_eq!(inside, outside);
}

#[test]
fn the_peak_is_never_more_than_was_live_at_one_moment() {
    let _turn = alone();
    let work = || {
        for _ in 0..20_000 {
            std::hint::black_box(vec![0_u8; MIB / 16]);
        }
    };
    let before = live();
    alloc::reset_peak();
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(work)));
    });
    let peak = alloc::peak_bytes() as usize - before;
    assert!(peak <= MIB / 2 + MIB / 4, "{peak} bytes");
}

#[test]
fn there_is_one_window_at_a_time() {
    let _turn = alone();
    assert!(matches!(window::close(), Err(WindowError::NotOpen)));
    window::open(window::FRAMES).unwrap();
    assert!(matches!(window::open(10), Err(WindowError::AlreadyOpen)));
    window::close().unwrap();
}
