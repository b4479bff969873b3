//! The memory of a window is never counted, to the byte. The only test of this process:
//! another test would allocate beside it.

use heap::{CountingAlloc, alloc, window};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc;

#[test]
fn the_memory_of_a_window_is_never_counted() {
    // The first window also fills the caches of the symbol tables.
    for _ in 0..2 {
        let before = alloc::counts();
        window::open(window::FRAMES).unwrap();
        let many: Vec<Vec<u8>> = (0..20_000).map(|n| vec![0; n % 7 + 1]).collect();
        drop(many);
        assert_eq!(alloc::counts().live_bytes, before.live_bytes);
        drop(window::close().unwrap());
        let after = alloc::counts();
        let live = |counts: alloc::Counts| (counts.live_bytes, counts.live_blocks);
        assert_eq!(live(after), live(before));
    }
}
