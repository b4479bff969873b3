//! The memory of a window is never counted, to the byte. A program without a harness,
//! whose threads would allocate beside the test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use heap::alloc::{self, Counts};
use heap::{CountingAlloc, window};
use std::path::Path;
use std::process::Command;

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

fn main() {
    let nowhere = Path::new("/no temporary folder");
    if std::env::temp_dir() == nowhere {
        return leaves_no_trace(|| drop(window::open(window::FRAMES).unwrap_err()));
    }
    leaves_no_trace(|| {
        let before = live();
        window::open(window::FRAMES).unwrap();
        let many: Vec<Vec<u8>> = (0..20_000).map(|n| vec![0; n % 7 + 1]).collect();
        drop(many);
        assert_eq!(live(), before);
        drop(window::close().unwrap());
    });
    let mut again = Command::new(std::env::current_exe().unwrap());
    assert!(again.env("TMPDIR", nowhere).status().unwrap().success());
}

/// The first time also fills the caches of the symbol tables.
fn leaves_no_trace(use_a_window: impl Fn()) {
    for _ in 0..3 {
        let before = live();
        use_a_window();
        assert_eq!(live(), before);
    }
}

/// Bytes and blocks.
fn live() -> (u64, u64) {
    let Counts { live_bytes, live_blocks, .. } = alloc::counts();
    (live_bytes, live_blocks)
}
