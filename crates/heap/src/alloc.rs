//! The counting allocator: live and total bytes and blocks, and the peak.
//!
//! Each thread has its own counters and changes them with plain loads and stores,
//! because locked instructions on every allocation cost a service several per cent.
//! Readers add the threads up. The sum is exact at rest; while threads allocate it may
//! be a few allocations old.

#![expect(
    unsafe_code,
    reason = "GlobalAlloc, malloc_trim and threads of C are unsafe by contract"
)]

#[cfg(feature = "mimalloc")]
use mimalloc::MiMalloc as System;
#[cfg(not(feature = "mimalloc"))]
use std::alloc::System;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Sets of counters. Threads beyond this number share the last set and pay for locked
/// instructions, so every count stays exact.
const SHARDS: usize = 64;

/// A thread looks for a new peak after this many allocated bytes. For each thread, the
/// peak may be too low by as much.
pub const PEAK_STEP_BYTES: u64 = 4_096;

/// What a thread allocated and freed since the process started. The alignment keeps
/// the counters of two threads off the pair of cache lines that x86 prefetches.
#[repr(align(128))]
struct Shard {
    allocated_bytes: AtomicU64,
    allocated_blocks: AtomicU64,
    freed_bytes: AtomicU64,
    freed_blocks: AtomicU64,
}

static ALL: [Shard; SHARDS] = [const {
    Shard {
        allocated_bytes: AtomicU64::new(0),
        allocated_blocks: AtomicU64::new(0),
        freed_bytes: AtomicU64::new(0),
        freed_blocks: AtomicU64::new(0),
    }
}; SHARDS];
static THREADS: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);
/// Live bytes above which allocations fail; this number if they never do.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);
static DHAT_ENABLED: AtomicBool = AtomicBool::new(false);

// Without destructors both work until a thread's last allocation.
thread_local! {
    static MINE: Cell<usize> = const { Cell::new(usize::MAX) };
    static UNCOUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Counts the allocations of the system allocator, or of mimalloc with the feature of
/// that name, and passes them to dhat while a window is open.
///
/// ```
/// #[global_allocator]
/// static ALLOC: heap::CountingAlloc = heap::CountingAlloc;
///
/// let before = heap::alloc::counts();
/// let kept = vec![0_u8; 1_000];
/// assert_eq!(heap::alloc::counts().live_bytes - before.live_bytes, 1_000);
/// # drop(kept);
/// ```
#[derive(Debug)]
pub struct CountingAlloc;

/// The counters of the whole process. All are zero when [`CountingAlloc`] is not the
/// global allocator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Bytes allocated and not freed, as requested (not as rounded by malloc).
    pub live_bytes: u64,
    /// Blocks allocated and not freed.
    pub live_blocks: u64,
    /// Bytes ever allocated. A block that is resized counts with its new size.
    pub total_bytes: u64,
    /// Blocks ever allocated.
    pub total_blocks: u64,
}

/// Adds up the counters of all threads.
pub fn counts() -> Counts {
    // Freed before allocated: a block that moves to another thread in between makes
    // live bytes too high for a moment, never negative.
    let freed_bytes = sum(|shard| &shard.freed_bytes);
    let freed_blocks = sum(|shard| &shard.freed_blocks);
    let total_bytes = sum(|shard| &shard.allocated_bytes);
    let total_blocks = sum(|shard| &shard.allocated_blocks);
    Counts {
        live_bytes: total_bytes.saturating_sub(freed_bytes),
        live_blocks: total_blocks.saturating_sub(freed_blocks),
        total_bytes,
        total_blocks,
    }
}

/// One counter of all threads.
fn sum(counter: fn(&Shard) -> &AtomicU64) -> u64 {
    let counters = used().iter().map(|shard| counter(shard).load(Relaxed));
    counters.fold(0, u64::wrapping_add)
}

/// The most live bytes since the last [`reset_peak`], at most [`PEAK_STEP_BYTES`] per
/// thread too low.
pub fn peak_bytes() -> u64 {
    let live = live_bytes_at_least();
    PEAK.fetch_max(live, Relaxed).max(live)
}

/// Live bytes for a peak. Allocated before freed: what other threads do in between can
/// make it too low, never higher than what was live at one moment. In the order of
/// [`counts`], 8 threads that held 0.5 MB together reported a peak of 128 MB.
fn live_bytes_at_least() -> u64 {
    let allocated = sum(|shard| &shard.allocated_bytes);
    allocated.saturating_sub(sum(|shard| &shard.freed_bytes))
}

/// Restarts the peak at the bytes that are live now.
pub fn reset_peak() {
    PEAK.store(counts().live_bytes, Relaxed);
}

/// The environment variable with the most live bytes that a measured service may have.
/// The module `actix` reads it; other services call [`limit_from_environment`].
pub const LIMIT_VARIABLE: &str = "LEAKLAB_HEAP_LIMIT_BYTES";

/// Lets every allocation fail that would lift live bytes above what [`LIMIT_VARIABLE`]
/// says. Rust then aborts the process, as it does when the system has no memory left.
pub fn limit_from_environment() {
    let text = std::env::var(LIMIT_VARIABLE).ok();
    if let Some(bytes) = text.and_then(|text| text.parse().ok()) {
        LIMIT.store(bytes, Relaxed);
    }
}

/// Returns free memory to the system, with glibc only. Takes milliseconds after a burst.
pub fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim has no preconditions and is safe for threads (its manual
    // page). It touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Bytes that malloc has given out, its own overhead included, to Rust and to C; `None`
/// without glibc 2.33. It locks malloc's arenas one after the other.
pub fn malloc_bytes() -> Option<u64> {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(feature = "mimalloc")))]
    {
        // SAFETY: the name ends with a zero byte. It is looked up because a program that
        // is linked to it doesn't start with an older glibc.
        let found =
            unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr()) };
        type Mallinfo2 = unsafe extern "C" fn() -> libc::mallinfo2;
        // SAFETY: this is the type of glibc's function of this name (malloc.h), and a null
        // pointer is `None`. The function has no preconditions (mallinfo(3)).
        let info = unsafe {
            std::mem::transmute::<*mut libc::c_void, Option<Mallinfo2>>(found)?()
        };
        Some((info.uordblks + info.hblkhd) as u64)
    }
    #[cfg(not(all(
        target_os = "linux",
        target_env = "gnu",
        not(feature = "mimalloc")
    )))]
    None
}

/// Runs work of the measurement itself: what this thread allocates and frees meanwhile
/// is not counted and not passed to dhat. Free what it keeps in another such call.
pub fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            UNCOUNTED.set(self.0);
        }
    }
    let _restore = Restore(UNCOUNTED.replace(true));
    work()
}

/// Starts a thread whose memory is never counted. A thread of `std` allocates in its
/// parent what it frees after its work, and would use up a set of counters.
#[cfg(unix)]
pub(crate) fn spawn_uncounted(work: fn()) -> std::io::Result<()> {
    use libc::{c_int, c_void};
    use std::ptr::null_mut;

    /// As for threads of `std`; musl's default is too small to name frames.
    const STACK_BYTES: usize = 2 << 20;

    extern "C" fn start(work: *mut c_void) -> *mut c_void {
        UNCOUNTED.set(true);
        // SAFETY: `pthread_create` passes on what it is given below, a `fn()`.
        let work: fn() = unsafe { std::mem::transmute(work) };
        work();
        null_mut()
    }
    let checked = |code: c_int| match code {
        0 => Ok(()),
        code => Err(std::io::Error::from_raw_os_error(code)),
    };
    // SAFETY: `attributes` is initialized before it is used and lives to the end; the
    // thread gets a function pointer, which is valid forever.
    unsafe {
        let mut attributes = std::mem::zeroed();
        checked(libc::pthread_attr_init(&raw mut attributes))?;
        libc::pthread_attr_setstacksize(&raw mut attributes, STACK_BYTES);
        let detached = libc::PTHREAD_CREATE_DETACHED;
        libc::pthread_attr_setdetachstate(&raw mut attributes, detached);
        let (mut thread, work) = (std::mem::zeroed(), work as *mut c_void);
        let code = libc::pthread_create(
            &raw mut thread,
            &raw const attributes,
            start,
            work,
        );
        libc::pthread_attr_destroy(&raw mut attributes);
        checked(code)
    }
}

/// The same where threads are not POSIX's: some hundred bytes of it are counted.
#[cfg(not(unix))]
pub(crate) fn spawn_uncounted(work: fn()) -> std::io::Result<()> {
    std::thread::Builder::new().spawn(move || uncounted(work)).map(drop)
}

/// Whether allocations pass through dhat from now on.
pub(crate) fn enable_dhat(on: bool) {
    DHAT_ENABLED.store(on, Relaxed);
}

fn used() -> &'static [Shard] {
    &ALL[..THREADS.load(Relaxed).min(SHARDS)]
}

fn mine() -> (usize, &'static Shard) {
    let mut at = MINE.get();
    if at == usize::MAX {
        at = THREADS.fetch_add(1, Relaxed).min(SHARDS - 1);
        MINE.set(at);
    }
    (at, &ALL[at])
}

/// Adds to a counter and returns the sum.
fn add(at: usize, counter: &AtomicU64, n: u64) -> u64 {
    if at == SHARDS - 1 {
        return counter.fetch_add(n, Relaxed).wrapping_add(n);
    }
    let sum = counter.load(Relaxed).wrapping_add(n);
    counter.store(sum, Relaxed);
    sum
}

fn count_alloc(bytes: usize, blocks: u64) {
    let (at, shard) = mine();
    let bytes = bytes as u64;
    let sum = add(at, &shard.allocated_bytes, bytes);
    add(at, &shard.allocated_blocks, blocks);
    if sum / PEAK_STEP_BYTES != sum.wrapping_sub(bytes) / PEAK_STEP_BYTES {
        PEAK.fetch_max(live_bytes_at_least(), Relaxed);
    }
}

fn count_free(bytes: usize, blocks: u64) {
    let (at, shard) = mine();
    add(at, &shard.freed_bytes, bytes as u64);
    add(at, &shard.freed_blocks, blocks);
}

/// Whether a limit forbids this many more bytes.
fn is_refused(more: usize) -> bool {
    let limit = LIMIT.load(Relaxed);
    limit != u64::MAX && more > 0 && live_bytes_at_least() + more as u64 > limit
}

/// Runs `seen` if dhat records, `unseen` otherwise, then `count` unless it gave no block.
/// A limit may refuse `more` bytes.
fn dispatch(
    more: usize,
    seen: impl FnOnce() -> *mut u8,
    unseen: impl FnOnce() -> *mut u8,
    count: impl FnOnce(),
) -> *mut u8 {
    if UNCOUNTED.get() {
        return unseen();
    }
    if is_refused(more) {
        return std::ptr::null_mut();
    }
    let block = if DHAT_ENABLED.load(Relaxed) {
        // dhat's tables allocate while it records.
        UNCOUNTED.set(true);
        let block = seen();
        UNCOUNTED.set(false);
        block
    } else {
        unseen()
    };
    if !block.is_null() {
        count();
    }
    block
}

// SAFETY: every call goes to `System` or to dhat's allocator, which calls the system's.
// Both own the same blocks, so each may free what the other allocated. mimalloc replaces
// `malloc` in the whole process, so this holds for mimalloc, too. Counting neither
// touches the blocks nor allocates.
unsafe impl GlobalAlloc for CountingAlloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        dispatch(
            layout.size(),
            // SAFETY: the caller's promises on `layout` are passed on.
            || unsafe { dhat::Alloc.alloc(layout) },
            // SAFETY: as above.
            || unsafe { System.alloc(layout) },
            || count_alloc(layout.size(), 1),
        )
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        dispatch(
            layout.size(),
            // SAFETY: the caller's promises on `layout` are passed on.
            || unsafe { dhat::Alloc.alloc_zeroed(layout) },
            // SAFETY: as above; the system hands out large blocks already zeroed.
            || unsafe { System.alloc_zeroed(layout) },
            || count_alloc(layout.size(), 1),
        )
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        dispatch(
            0,
            || {
                // SAFETY: the caller's promises on `block` and `layout` are passed on.
                unsafe { dhat::Alloc.dealloc(block, layout) };
                block
            },
            || {
                // SAFETY: as above.
                unsafe { System.dealloc(block, layout) };
                block
            },
            || count_free(layout.size(), 1),
        );
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        dispatch(
            bytes.saturating_sub(layout.size()),
            // SAFETY: the caller's promises on all three are passed on.
            || unsafe { dhat::Alloc.realloc(old, layout, bytes) },
            // SAFETY: as above.
            || unsafe { System.realloc(old, layout, bytes) },
            || {
                count_alloc(bytes, 0);
                count_free(layout.size(), 0);
            },
        )
    }
}
