//! The allocator and its window, in a process of their own: a program has one global
//! allocator, and dhat one profiler.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod examples;

use heap::window::{self, OPEN_AT_MOST, WindowError};
use heap::{CountingAlloc, alloc};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

/// Counters are those of the process, so these tests take turns. The threads of the
/// harness still allocate a little: blocks here are large, and bounds are wide.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

const MIB: usize = 1 << 20;

/// Windows that a thread tries to open.
const WINDOWS: u64 = 40;

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
fn malloc_counts_what_rust_allocates_too() {
    let _turn = alone();
    let Some(before) = alloc::malloc_bytes() else { return };
    let small: Vec<_> = (0..100_000).map(|n| vec![n as u8; 100]).collect();
    let large = vec![0_u8; 64 * MIB];
    let grown = (alloc::malloc_bytes().unwrap() - before) as usize;
    // 112 bytes for each of 100, and 24 in the vector of vectors.
    assert!(about(grown, 64 * MIB + 100_000 * 136), "{grown}");
    drop((small, large));
    assert!(about(alloc::malloc_bytes().unwrap() as usize, before as usize));
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

#[test]
fn a_window_shows_what_survives_and_who_made_it() {
    let _turn = alone();
    let older = vec![0_u8; 5 * MIB];
    window::open(window::FRAMES, OPEN_AT_MOST).unwrap();
    let kept = kept_by_this_function();
    drop(vec![0_u8; 7 * MIB]);
    drop(older);
    let profile: Value = serde_json::from_slice(&window::close().unwrap()).unwrap();
    let stacks = profile["pps"].as_array().unwrap();
    let surviving = |stack: &&Value| stack["eb"].as_u64().unwrap();
    let all: u64 = stacks.iter().map(|stack| surviving(&stack)).sum();
    assert!(about(all as usize, 3 * MIB));
    let largest = stacks.iter().max_by_key(surviving).unwrap();
    let frames = largest["fs"].as_array().unwrap().iter();
    let named = |frame: &Value| {
        let text = profile["ftbl"][frame.as_u64().unwrap() as usize].as_str();
        text.unwrap().contains("kept_by_this_function")
    };
    assert!(frames.into_iter().any(named), "{largest}");
    drop(kept);
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
fn windows_of_many_threads_do_not_meet() {
    let _turn = alone();
    let opened = AtomicU64::new(0);
    let work = || {
        for _ in 0..WINDOWS {
            match window::open(window::FRAMES, OPEN_AT_MOST) {
                Ok(()) => {
                    let kept = kept_by_this_function();
                    let profile = window::close().unwrap();
                    let text = String::from_utf8(profile).unwrap();
                    assert!(text.contains("kept_by_this_function"));
                    drop(kept);
                    opened.fetch_add(1, Relaxed);
                }
                Err(error) => assert!(matches!(error, WindowError::AlreadyOpen)),
            }
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(work)));
    });
    assert!(opened.into_inner() > 0);
}

#[test]
fn there_is_one_window_at_a_time() {
    let _turn = alone();
    assert!(matches!(window::close(), Err(WindowError::NotOpen)));
    window::open(window::FRAMES, OPEN_AT_MOST).unwrap();
    assert!(matches!(window::open(10, OPEN_AT_MOST), Err(WindowError::AlreadyOpen)));
    window::close().unwrap();
}

#[test]
fn a_forgotten_window_closes_by_itself() {
    let _turn = alone();
    // The first ends early, and must not end the second in its place.
    window::open(window::FRAMES, Duration::from_millis(300)).unwrap();
    window::close().unwrap();
    window::open(window::FRAMES, OPEN_AT_MOST).unwrap();
    std::thread::sleep(Duration::from_millis(600));
    window::close().unwrap();
    window::open(window::FRAMES, Duration::from_millis(50)).unwrap();
    let began = Instant::now();
    while let Err(error) = window::open(window::FRAMES, OPEN_AT_MOST) {
        assert!(matches!(error, WindowError::AlreadyOpen));
        assert!(began.elapsed() < Duration::from_secs(60), "it stays open");
        std::thread::sleep(Duration::from_millis(10));
    }
    window::close().unwrap();
}
