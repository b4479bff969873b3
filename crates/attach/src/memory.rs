//! The memory of another process, as the kernel copies it. The process is not stopped.

#![expect(unsafe_code, reason = "process_vm_readv and its kind are C functions")]

use crate::Error;
use std::ffi::c_void;
use std::io;
use std::path::Path;

/// The memory of a process, in words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory(pub(crate) u32);

impl Memory {
    /// The words of `size` bytes.
    pub(crate) fn read(self, address: u64, size: usize) -> Result<Vec<u64>, Error> {
        let mut words = vec![0; size / 8];
        self.copy(&mut words, address, false)?;
        Ok(words)
    }

    pub(crate) fn write(self, address: u64, word: u64) -> Result<(), Error> {
        self.copy(&mut [word], address, true)
    }

    /// Copies from there, or out of here. What is written is an atomic that the other
    /// process expects to change.
    fn copy(self, words: &mut [u64], address: u64, out: bool) -> Result<(), Error> {
        let size = size_of_val(words);
        let place = |base| libc::iovec { iov_base: base, iov_len: size };
        let own = place(words.as_mut_ptr().cast());
        let other = place(address as *mut c_void);
        #[cfg(not(target_os = "linux"))]
        let done = if out && own.iov_len > other.iov_len { 0 } else { -1 };
        // SAFETY: the kernel writes to `words` at most, and any bytes are words.
        #[cfg(target_os = "linux")]
        let done = unsafe {
            let copy =
                if out { libc::process_vm_writev } else { libc::process_vm_readv };
            copy(self.0.cast_signed(), &raw const own, 1, &raw const other, 1, 0)
        };
        match usize::try_from(done) {
            Ok(done) if done == size => Ok(()),
            _ => Err(unreachable(self.0, io::Error::last_os_error())),
        }
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
