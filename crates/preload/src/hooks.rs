//! malloc and its kind: call glibc's function, mark the block, count, and record while a
//! window is open.

#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "callers promise what C asks for: a block is null, or glibc's and in use"
)]

use crate::layout::PLANT;
use crate::mark::{self, Mark, SIZE};
use crate::{shard, window};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::Relaxed;

type Block = *mut c_void;

const PAGE_SIZE: usize = 4_096;

// Names that glibc keeps for libraries like this one. dlsym, which finds the next
// function of a name, may itself allocate. All take any size and fail with ENOMEM.
unsafe extern "C" {
    fn __libc_malloc(bytes: usize) -> Block;
    fn __libc_calloc(count: usize, size: usize) -> Block;
    fn __libc_realloc(block: Block, bytes: usize) -> Block;
    fn __libc_free(block: Block);
    fn __libc_memalign(alignment: usize, bytes: usize) -> Block;
}

/// Takes a new block, which has `SIZE` bytes more.
#[inline]
unsafe fn born(block: Block, bytes: usize) -> Block {
    if !block.is_null() && mark::write(block, Mark { bytes, record: 0 }) {
        shard::allocated(bytes, 1);
        if window::wanted() {
            window::born(block, bytes);
            plant();
        }
    }
    block
}

/// Leaks what the reader has planted: a block for each request that it has sent, in the
/// first allocation after that.
#[cold]
unsafe fn plant() {
    let (header, plants) = (&shard::PAGE.header, &shard::thread().plants);
    if header.want.load(Relaxed) & PLANT == 0 || plants.replace(true) {
        return;
    }
    let one_more =
        |have| (have < header.plant_want.load(Relaxed)).then_some(have + 1);
    while header.plant_have.fetch_update(Relaxed, Relaxed, one_more).is_ok() {
        malloc(header.plant_bytes.load(Relaxed) as usize);
    }
    plants.set(false);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(bytes: usize) -> Block {
    born(__libc_malloc(bytes.saturating_add(SIZE)), bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, size: usize) -> Block {
    let bytes = count.saturating_mul(size);
    born(__libc_calloc(1, bytes.saturating_add(SIZE)), bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(block: Block) {
    if block.is_null() {
        return;
    }
    if let Some(mark) = mark::read(block) {
        shard::freed(mark.bytes, 1);
        if window::wanted() {
            window::died(mark);
        }
    }
    __libc_free(block);
}

/// A failure leaves the block and its mark as they are. For no bytes glibc frees it.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(block: Block, bytes: usize) -> Block {
    if block.is_null() {
        return malloc(bytes);
    }
    if bytes == 0 {
        free(block);
        return null_mut();
    }
    let old = mark::read(block);
    let new = __libc_realloc(block, bytes.saturating_add(SIZE));
    let Some(old) = old else { return born(new, bytes) };
    if !new.is_null() {
        shard::freed(old.bytes, 0);
        if mark::write(new, Mark { bytes, ..old }) {
            shard::allocated(bytes, 0);
            if window::wanted() {
                window::resized(new, old, bytes);
            }
        }
    }
    new
}

#[unsafe(no_mangle)]
unsafe extern "C" fn reallocarray(block: Block, count: usize, size: usize) -> Block {
    realloc(block, count.saturating_mul(size))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(alignment: usize, bytes: usize) -> Block {
    born(__libc_memalign(alignment, bytes.saturating_add(SIZE)), bytes)
}

/// In glibc the same as `memalign`.
#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(alignment: usize, bytes: usize) -> Block {
    memalign(alignment, bytes)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(
    place: *mut Block,
    alignment: usize,
    bytes: usize,
) -> c_int {
    if !alignment.is_power_of_two() || alignment < size_of::<usize>() {
        return libc::EINVAL;
    }
    let block = memalign(alignment, bytes);
    if block.is_null() {
        return libc::ENOMEM;
    }
    place.write(block);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn valloc(bytes: usize) -> Block {
    memalign(PAGE_SIZE, bytes)
}

/// Rounds up to whole pages, and the program may use all of them.
#[unsafe(no_mangle)]
unsafe extern "C" fn pvalloc(bytes: usize) -> Block {
    valloc(bytes.checked_next_multiple_of(PAGE_SIZE).unwrap_or(usize::MAX))
}

/// The requested size, or a program would write over the mark.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(block: Block) -> usize {
    if block.is_null() {
        return 0;
    }
    mark::read(block).map_or_else(|| mark::end(block).1, |mark| mark.bytes)
}
