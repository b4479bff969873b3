//! The call stack of this thread, with the unwinder of libgcc. From glibc 2.35 on it
//! takes no lock to find its tables (`_dl_find_object`).

use crate::layout::FRAMES;
use std::ffi::{c_int, c_void};

const NO_REASON: c_int = 0;
const END_OF_STACK: c_int = 5;

// Named here, because a C program does not load libgcc by itself.
#[link(name = "gcc_s")]
unsafe extern "C" {
    fn _Unwind_Backtrace(
        step: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIPInfo(context: *mut c_void, before: *mut c_int) -> usize;
}

/// Addresses within the calls, innermost first, and zeroes after them.
pub(crate) struct Walk {
    pub(crate) frames: [usize; FRAMES],
    depth: usize,
    /// Of the frames; never 0.
    pub(crate) hash: u64,
}

impl Walk {
    #[inline(never)]
    pub(crate) fn here() -> Self {
        let mut walk = Self { frames: [0; FRAMES], depth: 0, hash: 1 };
        // SAFETY: `step` is called during this call only, with the pointer to `walk`.
        unsafe { _Unwind_Backtrace(step, (&raw mut walk).cast()) };
        walk
    }
}

unsafe extern "C" fn step(context: *mut c_void, walk: *mut c_void) -> c_int {
    let mut before = 0;
    // SAFETY: libgcc passes its context and the pointer from `here`.
    let (walk, address) = unsafe {
        let address = _Unwind_GetIPInfo(context, &raw mut before);
        (&mut *walk.cast::<Walk>(), address)
    };
    if address == 0 || walk.depth == FRAMES {
        return END_OF_STACK;
    }
    // A return address may be the first of the next line or function.
    let address = if before == 0 { address - 1 } else { address };
    walk.frames[walk.depth] = address;
    walk.depth += 1;
    let hash = (walk.hash ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    walk.hash = (hash ^ hash >> 29) | 1;
    NO_REASON
}
