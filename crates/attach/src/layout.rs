//! The memory that the preloaded library shares with its reader. Both compile this file,
//! so they agree. Every field is a 64-bit atomic, so any bytes are a valid value.

use std::sync::atomic::AtomicU64;

/// Written when the library starts to count. The digit changes with the layout.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"leaklab2");

/// Sets of counters. Set 0 is shared by threads that end and threads beyond the number.
pub(crate) const SHARDS: usize = 1_024;

/// Frames of a call stack: the 64 of a dhat window, and the library's own.
pub(crate) const FRAMES: usize = 68;

/// Different call stacks in a window.
pub(crate) const STACKS: usize = 1 << 16;

/// In [`Header::want`]: leaks are planted.
pub(crate) const PLANT: u64 = 1 << 63;

/// The page, which the library exports under the name `leaklab_preload_page`.
#[repr(C)]
pub(crate) struct Page {
    pub(crate) header: Header,
    pub(crate) shards: [Shard; SHARDS],
}

/// State of the library and of its window. Times are nanoseconds of the monotonic clock.
#[repr(C)]
pub(crate) struct Header {
    /// [`MAGIC`], or 0 before the first allocation.
    pub(crate) magic: AtomicU64,
    /// The window that the reader wants, or 0, and [`PLANT`]. The reader alone writes this
    /// field and the next two.
    pub(crate) want: AtomicU64,
    /// Bytes of a planted leak, and how many the reader wants since the start.
    pub(crate) plant_bytes: AtomicU64,
    pub(crate) plant_want: AtomicU64,
    /// How many there are.
    pub(crate) plant_have: AtomicU64,
    /// The window for which the tables are ready, and the time when they were.
    pub(crate) have: AtomicU64,
    pub(crate) opened: AtomicU64,
    /// 1 while a thread empties the tables or notes a peak.
    pub(crate) lock: AtomicU64,
    /// Address of [`Tables`], or 0 before the first window.
    pub(crate) tables: AtomicU64,
    /// Number of stacks in use, and of blocks that found none free.
    pub(crate) stacks: AtomicU64,
    pub(crate) lost: AtomicU64,
    /// Live bytes of the window's blocks, and the most so far, at most 1/64 too low.
    pub(crate) live: AtomicU64,
    pub(crate) peak: AtomicU64,
    pub(crate) peak_at: AtomicU64,
}

/// What the threads that owned a shard allocated and freed. The alignment keeps two
/// threads off the pair of cache lines that x86 prefetches.
#[repr(C, align(128))]
pub(crate) struct Shard {
    pub(crate) allocated_bytes: AtomicU64,
    pub(crate) allocated_blocks: AtomicU64,
    pub(crate) freed_bytes: AtomicU64,
    pub(crate) freed_blocks: AtomicU64,
    /// 1 while a thread owns it.
    pub(crate) owner: AtomicU64,
    /// Threads that are recording a block.
    pub(crate) busy: AtomicU64,
}

/// The call stacks, all zero when a window opens. 42 MB of addresses, of which a small
/// program touches some hundred kilobytes.
#[repr(C)]
pub(crate) struct Tables {
    pub(crate) stacks: [Stack; STACKS],
    /// Which stacks are in use.
    pub(crate) used: [AtomicU64; STACKS],
}

/// A call stack. Its first nine fields are dhat's counts, in the order of the reader's
/// `COUNTS`.
#[repr(C)]
pub(crate) struct Stack {
    pub(crate) total_bytes: AtomicU64,
    pub(crate) total_blocks: AtomicU64,
    pub(crate) end_bytes: AtomicU64,
    pub(crate) end_blocks: AtomicU64,
    pub(crate) max_bytes: AtomicU64,
    pub(crate) max_blocks: AtomicU64,
    pub(crate) peak_bytes: AtomicU64,
    pub(crate) peak_blocks: AtomicU64,
    /// Times of frees less times of allocations. Live blocks lack the time of the end.
    pub(crate) lifetimes: AtomicU64,
    /// Of the frames; 0 is a stack that is not in use.
    pub(crate) hash: AtomicU64,
    /// Addresses within the calls, innermost first, and zeroes after them.
    pub(crate) frames: [AtomicU64; FRAMES],
}
