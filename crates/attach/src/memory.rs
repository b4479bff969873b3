//! The memory of another process, as the kernel copies it. The process is not stopped.

#![expect(unsafe_code, reason = "process_vm_readv and its kind are C functions")]

use crate::Error;
use crate::layout::{Header, Shard, Stack};
use std::ffi::c_void;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// Types that any bytes are a value of.
///
/// # Safety
/// The type consists of atomics and padding.
pub(crate) unsafe trait Plain {}

// SAFETY: any eight bytes are one, and all fields of the others are one.
unsafe impl Plain for AtomicU64 {}
// SAFETY: as above.
unsafe impl Plain for Header {}
// SAFETY: as above.
unsafe impl Plain for Shard {}
// SAFETY: as above.
unsafe impl Plain for Stack {}

/// The memory of a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory(pub(crate) u32);

impl Memory {
    /// `count` values that lie one after the other.
    pub(crate) fn read<T: Plain>(
        self,
        address: u64,
        count: usize,
    ) -> Result<Vec<T>, Error> {
        let mut values = Vec::<T>::with_capacity(count);
        let size = count * size_of::<T>();
        self.copy(values.as_mut_ptr().cast(), address, size, false)?;
        // SAFETY: all of them are written, and any bytes are a value.
        unsafe { values.set_len(count) };
        Ok(values)
    }

    pub(crate) fn write(self, address: u64, mut word: u64) -> Result<(), Error> {
        self.copy((&raw mut word).cast(), address, 8, true)
    }

    /// Copies between `size` bytes here and as many there.
    fn copy(
        self,
        own: *mut c_void,
        at: u64,
        size: usize,
        out: bool,
    ) -> Result<(), Error> {
        #[cfg(not(target_os = "linux"))]
        let done = {
            let _ = (own, at, size, out);
            -1
        };
        #[cfg(target_os = "linux")]
        let done = {
            let process = self.0.cast_signed();
            let own = libc::iovec { iov_base: own, iov_len: size };
            let other = libc::iovec { iov_base: at as *mut c_void, iov_len: size };
            // SAFETY: `read` has room for so many bytes, and `write` has them. The
            // written word is an atomic that the other process expects to change.
            unsafe {
                match out {
                    true => libc::process_vm_writev(process, &own, 1, &other, 1, 0),
                    false => libc::process_vm_readv(process, &own, 1, &other, 1, 0),
                }
            }
        };
        if usize::try_from(done) == Ok(size) {
            return Ok(());
        }
        Err(unreachable(self.0, io::Error::last_os_error()))
    }
}

/// A process that cannot be read.
pub(crate) fn unreachable(process: u32, source: io::Error) -> Error {
    let needs = "it must run, and belong to the same user";
    let text = format!("cannot reach the memory of process {process}: {needs}");
    Error { text, source: Some(source) }
}

/// Nanoseconds of the clock that the library uses.
pub(crate) fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to `time` only.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// Whether a file gives its process rights that its user does not have.
pub(crate) fn has_capabilities(file: &Path) -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(path) = std::ffi::CString::new(file.as_os_str().as_encoded_bytes()) {
        let (name, none) = (c"security.capability", std::ptr::null_mut());
        // SAFETY: both texts end in a zero, and with a size of 0 nothing is written.
        return unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), none, 0) } > 0;
    }
    let _ = file;
    false
}
