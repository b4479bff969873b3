//! The window: what each call stack allocated since the reader asked for it, and what of
//! it is live. A recorded block names window and stack in its mark.

use crate::layout::{PLANT, STACKS, Stack, Tables};
use crate::mark::{self, Mark};
use crate::shard::{self, PAGE};
use crate::walk::Walk;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering::*};

/// Whether the reader wants a window or a planted leak.
#[inline]
pub(crate) fn wanted() -> bool {
    PAGE.header.want.load(Relaxed) != 0
}

fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to `time` only.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Empties the tables for a window; one thread does it, and the others don't record. The
/// reader has waited for all threads that recorded in the last window.
fn open(window: u64) {
    let header = &PAGE.header;
    if header.lock.compare_exchange(0, 1, SeqCst, Relaxed).is_err() {
        return;
    }
    if header.have.load(SeqCst) != window {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let old = header.tables.load(Relaxed) as *mut c_void;
        let place = if old.is_null() { 0 } else { libc::MAP_FIXED };
        let kind =
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | place;
        // SAFETY: new, zeroed memory, or the same in place of the last tables, which no
        // thread uses now.
        let new =
            unsafe { libc::mmap(old, size_of::<Tables>(), access, kind, -1, 0) };
        if new != libc::MAP_FAILED {
            let sums = [&header.stacks, &header.live, &header.peak, &header.peak_at];
            sums.into_iter().chain([&header.lost]).for_each(|n| n.store(0, Relaxed));
            header.tables.store(new as u64, Relaxed);
            header.opened.store(now(), Relaxed);
            header.have.store(window, SeqCst);
        }
    }
    header.lock.store(0, SeqCst);
}

/// The child of a fork has a copy of everything, but only one of the threads. It keeps
/// the number of the last window, because its blocks have it in their marks.
pub(crate) unsafe extern "C" fn forget_in_child() {
    let header = &PAGE.header;
    header.want.store(0, SeqCst);
    header.lock.store(0, SeqCst);
    // A write would copy the page of a shard.
    let busy = PAGE.shards.iter().filter(|shard| shard.busy.load(Relaxed) != 0);
    busy.for_each(|shard| shard.busy.store(0, SeqCst));
}

/// A thread that records. The reader waits until there is none.
struct Recording {
    window: u64,
    busy: &'static AtomicU64,
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.busy.fetch_sub(1, SeqCst);
        shard::thread().inside.set(false);
    }
}

/// `None` if the window closes or is not ready, or if this thread records already.
/// It changes errno only when there is no memory.
#[cold]
fn enter() -> Option<Recording> {
    if shard::thread().inside.replace(true) {
        return None;
    }
    let busy = &shard::mine().0.busy;
    busy.fetch_add(1, SeqCst);
    // From here on the reader, which takes back what it wants, waits for this thread.
    let window = PAGE.header.want.load(SeqCst) & !PLANT;
    let recording = Recording { window, busy };
    let is_open = || PAGE.header.have.load(SeqCst) == window;
    if window != 0 && !is_open() {
        open(window);
    }
    (window != 0 && is_open()).then_some(recording)
}

/// Records a new block.
///
/// # Safety
/// The block is marked and not recorded in this window.
#[cold]
pub(crate) unsafe fn born(block: *mut c_void, bytes: usize) {
    let Some(recording) = enter() else { return };
    let Some(at) = recording.intern(&Walk::here()) else { return };
    let record = (recording.window as u32) << 16 | at as u32;
    // SAFETY: as the caller promises.
    unsafe { mark::write(block, Mark { bytes, record }) };
    let stack = &recording.tables().stacks[at];
    stack.end_blocks.fetch_add(1, Relaxed);
    stack.lifetimes.fetch_sub(now(), Relaxed);
    grow(stack, 0, bytes);
}

/// Records that a block is about to be freed.
#[cold]
pub(crate) fn died(mark: Mark) {
    let Some(recording) = enter() else { return };
    let Some(stack) = recording.stack(mark) else { return };
    recording.note_peak();
    stack.end_bytes.fetch_sub(mark.bytes as u64, Relaxed);
    stack.end_blocks.fetch_sub(1, Relaxed);
    stack.lifetimes.fetch_add(now(), Relaxed);
    PAGE.header.live.fetch_sub(mark.bytes as u64, Relaxed);
}

/// Records a new size. As in dhat a block keeps its stack, and counts once more among
/// all blocks.
///
/// # Safety
/// The block is marked.
#[cold]
pub(crate) unsafe fn resized(block: *mut c_void, old: Mark, bytes: usize) {
    let Some(recording) = enter() else { return };
    let Some(stack) = recording.stack(old) else {
        drop(recording);
        // SAFETY: as the caller promises.
        return unsafe { born(block, bytes) };
    };
    if bytes < old.bytes {
        recording.note_peak();
    }
    grow(stack, old.bytes, bytes);
}

fn grow(stack: &Stack, old: usize, bytes: usize) {
    stack.total_bytes.fetch_add(bytes as u64, Relaxed);
    stack.total_blocks.fetch_add(1, Relaxed);
    let more = (bytes as u64).wrapping_sub(old as u64);
    let end = stack.end_bytes.fetch_add(more, Relaxed).wrapping_add(more);
    if end > stack.max_bytes.load(Relaxed) {
        stack.max_bytes.store(end, Relaxed);
        stack.max_blocks.store(stack.end_blocks.load(Relaxed), Relaxed);
    }
    PAGE.header.live.fetch_add(more, Relaxed);
}

impl Recording {
    fn tables(&self) -> &Tables {
        // SAFETY: mapped for this window, and not replaced before this is dropped.
        unsafe { &*(PAGE.header.tables.load(Relaxed) as *const Tables) }
    }

    /// The stack of a block that was recorded in this window.
    fn stack(&self, mark: Mark) -> Option<&Stack> {
        let ours =
            mark.record != 0 && mark.record >> 16 == self.window as u16 as u32;
        ours.then(|| &self.tables().stacks[mark.record as usize % STACKS])
    }

    /// Before live bytes fall: notes what is live if it exceeds the last peak by 1/64.
    fn note_peak(&self) {
        let header = &PAGE.header;
        let (live, peak) = (header.live.load(Relaxed), header.peak.load(Relaxed));
        let new = live > peak + peak / 64;
        if !new || header.lock.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            return;
        }
        let Tables { stacks, used } = self.tables();
        for at in &used[..header.stacks.load(Relaxed) as usize] {
            let stack = &stacks[at.load(Relaxed) as usize];
            stack.peak_bytes.store(stack.end_bytes.load(Relaxed), Relaxed);
            stack.peak_blocks.store(stack.end_blocks.load(Relaxed), Relaxed);
        }
        header.peak.store(live, Relaxed);
        header.peak_at.store(now(), Relaxed);
        header.lock.store(0, Release);
    }

    /// The slot of a stack, searched from its hash on; `None` if all are taken.
    fn intern(&self, walk: &Walk) -> Option<usize> {
        let Tables { stacks, used } = self.tables();
        let mut slots = (0..STACKS).map(|n| (walk.hash >> 8) as usize + n);
        let found = slots.find_map(|slot| {
            let at = slot % STACKS;
            let hash = &stacks[at].hash;
            match hash.compare_exchange(0, walk.hash, Relaxed, Relaxed) {
                Ok(_) => {
                    for (place, frame) in stacks[at].frames.iter().zip(walk.frames) {
                        place.store(frame as u64, Relaxed);
                    }
                    let n = PAGE.header.stacks.fetch_add(1, Relaxed);
                    used[n as usize].store(at as u64, Relaxed);
                    Some(at)
                }
                Err(found) => (found == walk.hash).then_some(at),
            }
        });
        PAGE.header.lost.fetch_add(u64::from(found.is_none()), Relaxed);
        found
    }
}
