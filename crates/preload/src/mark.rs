//! What a block says about itself.
//!
//! The library asks for [`SIZE`] bytes more than the program, and writes a word into the
//! last usable bytes: pointers stay what they are, and no table of blocks is needed.

#![expect(
    unsafe_op_in_unsafe_fn,
    reason = "callers promise a block of glibc's with room for a mark"
)]

use std::ffi::c_void;

/// The size of a mark.
pub(crate) const SIZE: usize = 8;

/// In the lowest byte of a mark: the block is ours.
const OURS: u64 = 0xa5;

/// How much more than the request a block may have: mapped blocks end with their page.
const BEYOND_MAX: usize = 1 << 24;

#[derive(Clone, Copy)]
pub(crate) struct Mark {
    /// As requested.
    pub(crate) bytes: usize,
    /// Window and stack; 0 for a block that is not recorded.
    pub(crate) record: u32,
}

/// The word, and the usable size. In front of a block glibc keeps its size, with flags in
/// the lowest bits; a block with a mapping of its own (flag 2) has 16 bytes of header in
/// this size, others 8. `malloc_usable_size` calculates the same.
#[inline]
pub(crate) unsafe fn end(block: *mut c_void) -> (*mut u64, usize) {
    let header = block.cast::<usize>().sub(1).read();
    let usable = (header & !7) - if header & 2 == 0 { 8 } else { 16 };
    (block.byte_add(usable - SIZE).cast(), usable)
}

/// Whether the block can be marked; the others are not counted.
#[inline]
pub(crate) unsafe fn write(block: *mut c_void, mark: Mark) -> bool {
    let (word, usable) = end(block);
    let beyond = usable - mark.bytes;
    let fits = beyond < BEYOND_MAX;
    let value = OURS | (beyond as u64) << 8 | u64::from(mark.record) << 32;
    word.write(if fits { value } else { 0 });
    fits
}

/// `None` if the block is not ours.
#[inline]
pub(crate) unsafe fn read(block: *mut c_void) -> Option<Mark> {
    let (word, usable) = end(block);
    let word = word.read();
    let bytes = usable.checked_sub((word as u32 >> 8) as usize)?;
    (word & 255 == OURS).then_some(Mark { bytes, record: (word >> 32) as u32 })
}
