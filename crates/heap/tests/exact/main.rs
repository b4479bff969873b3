//! The memory of a window is never counted, to the byte. A program without a harness,
//! whose threads would allocate beside the test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use heap::CountingAlloc;
use heap::alloc::{self, Counts};
use heap::window::{self, FRAMES, OPEN_AT_MOST, WindowError};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

/// Tells this program to leave and delete its working directory first.
const GONE: &str = "HEAP_TEST_WITHOUT_DIRECTORY";

fn main() {
    if std::env::var_os(GONE).is_some() {
        let folder = tempfile::tempdir().unwrap();
        std::env::set_current_dir(folder.path()).unwrap();
        folder.close().unwrap();
        window::open(FRAMES, OPEN_AT_MOST).unwrap();
        assert!(window::close().unwrap().len() > 2);
        return;
    }
    leaves_no_trace(|| {
        let before = live();
        window::open(FRAMES, OPEN_AT_MOST).unwrap();
        let many: Vec<Vec<u8>> = (0..20_000).map(|n| vec![0; n % 7 + 1]).collect();
        drop(many);
        assert_eq!(live(), before);
        drop(window::close().unwrap());
    });
    leaves_no_trace(|| {
        window::open(FRAMES, Duration::from_millis(50)).unwrap();
        while !matches!(window::open(FRAMES, OPEN_AT_MOST), Ok(())) {
            sleep(Duration::from_millis(10));
        }
        drop(window::close().unwrap());
        assert!(matches!(window::close(), Err(WindowError::NotOpen)));
    });
    let mut again = Command::new(std::env::current_exe().unwrap());
    let output = again.env(GONE, "1").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    // dhat prints its totals; a path would be that of a file which is gone.
    assert!(!said.contains('/') && !said.contains("error"), "{said}");
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
