//! What counting adds to an allocation: the counting allocator and the system's,
//! each called directly, on one thread and on two at once.
//!
//!     cargo bench -p leaklab-heap --bench allocator

#![expect(
    unsafe_code,
    reason = "calling an allocator directly is unsafe by contract"
)]

use criterion::Criterion;
use heap::CountingAlloc;
use std::alloc::{GlobalAlloc, Layout, System, handle_alloc_error};
use std::hint::black_box;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

/// Does something this many times.
type Work = fn(u64);

/// Name, with the system's allocator, with the counting one. From 4,096 bytes on
/// every allocation also looks for a new peak.
const WORKS: [(&str, Work, Work); 3] = [
    (
        "alloc and free 64 B",
        |times| alloc_and_free(&System, 64, times),
        |times| alloc_and_free(&CountingAlloc, 64, times),
    ),
    (
        "alloc and free 4096 B",
        |times| alloc_and_free(&System, 4_096, times),
        |times| alloc_and_free(&CountingAlloc, 4_096, times),
    ),
    (
        "grow from 64 B to 64 KiB",
        |times| grow(&System, 64, 65_536, times),
        |times| grow(&CountingAlloc, 64, 65_536, times),
    ),
];

fn main() {
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    let threads = [Thread::start(), Thread::start()];
    for (count, at_once_on) in [(1, "one thread"), (2, "two threads")] {
        for (name, system, counting) in WORKS {
            let name = format!("{name}, {at_once_on}");
            let mut group = criterion.benchmark_group(name);
            for (allocator, work) in [("system", system), ("counting", counting)] {
                group.bench_function(allocator, |bencher| {
                    bencher.iter_custom(|times| {
                        at_once(&threads[..count], work, times)
                    });
                });
            }
            group.finish();
        }
    }
    criterion.final_summary();
}

fn alloc_and_free(allocator: &impl GlobalAlloc, bytes: usize, times: u64) {
    let layout = layout(bytes);
    for _ in 0..times {
        // SAFETY: the layout has a size above zero.
        let block = unsafe { allocator.alloc(layout) };
        if block.is_null() {
            handle_alloc_error(layout);
        }
        // Without the black box the compiler leaves out both calls.
        let block = black_box(block);
        // SAFETY: the block comes from this allocator, with this layout.
        unsafe { allocator.dealloc(block, layout) };
    }
}

/// Doubles a block until it has the last size, as a `Vec` does that is pushed to.
fn grow(allocator: &impl GlobalAlloc, first: usize, last: usize, times: u64) {
    for _ in 0..times {
        // SAFETY: the layout has a size above zero.
        let mut block = black_box(unsafe { allocator.alloc(layout(first)) });
        let mut bytes = first;
        while !block.is_null() && bytes < last {
            let more = 2 * bytes;
            // SAFETY: the block comes from this allocator, with this layout, and the
            // new size is above zero and far below `isize::MAX`.
            let moved = unsafe { allocator.realloc(block, layout(bytes), more) };
            (block, bytes) = (black_box(moved), more);
        }
        if block.is_null() {
            handle_alloc_error(layout(bytes));
        }
        // SAFETY: as above.
        unsafe { allocator.dealloc(block, layout(bytes)) };
    }
}

fn layout(bytes: usize) -> Layout {
    Layout::array::<u8>(bytes).expect("the sizes here are small")
}

/// A thread that works on demand. There are as many as are needed and no more: the
/// allocator has counters for the first threads that ever came; later ones share.
struct Thread {
    jobs: Sender<(Work, u64, Arc<Barrier>)>,
    times: Receiver<Duration>,
}

impl Thread {
    fn start() -> Self {
        let (jobs, job) = mpsc::channel::<(Work, u64, Arc<Barrier>)>();
        let (time, times) = mpsc::channel();
        std::thread::spawn(move || {
            for (work, count, start) in job {
                start.wait();
                let began = Instant::now();
                work(count);
                if time.send(began.elapsed()).is_err() {
                    return;
                }
            }
        });
        Self { jobs, times }
    }
}

/// Time that the slowest of these threads takes when all work at once.
fn at_once(threads: &[Thread], work: Work, times: u64) -> Duration {
    let start = Arc::new(Barrier::new(threads.len()));
    for thread in threads {
        let job = (work, times, Arc::clone(&start));
        thread.jobs.send(job).expect("a thread waits for jobs as long as this one");
    }
    let time = |thread: &Thread| thread.times.recv().expect("every job has a time");
    threads.iter().map(time).max().unwrap_or_default()
}
