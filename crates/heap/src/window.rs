//! A window: records who allocates until it is closed, and what is live then.
//!
//! The profile is taken while the process runs. At exit the state is dropped, and the
//! leak with it: 1,000 parked tasks of 7.3 KB show as 30 bytes.

use crate::raw::{self, Raw};
use crate::{alloc, recorder};
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Default number of frames in a call stack. With dhat's default of 10, 73 to 86 % of a
/// service's leaked bytes show no in-app frame. 64 and unlimited frames cost the same.
pub const FRAMES: usize = 64;

/// Why a window cannot be opened or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// A process has one window.
    #[error("a window is open already; close it first")]
    AlreadyOpen,
    /// Nothing to close.
    #[error("no window is open; open one first")]
    NotOpen,
}

/// Opens the window: from now on allocations are recorded with their call stacks, which
/// slows them down several times.
///
/// # Errors
/// A window is open already.
pub fn open(frames: usize) -> Result<(), WindowError> {
    let _change = change();
    // First: what the recorder allocates must not be counted, as when it is freed.
    alloc::record(true);
    match alloc::uncounted(|| recorder::start(frames)) {
        true => Ok(()),
        false => Err(WindowError::AlreadyOpen),
    }
}

/// Closes the window and returns a profile in dhat's format (version 2, `rust-heap`):
/// what each call stack allocated in the window, and under `eb` how much of it is still
/// live. Takes some tenths of a second to name all frames.
///
/// # Errors
/// No window is open.
pub fn close() -> Result<Vec<u8>, WindowError> {
    end(|raw| raw.to_dhat(names))
}

/// Closes the window and returns a [`Raw`] as JSON, which [`Symbols`](crate::Symbols)
/// names outside this process. Where that is impossible, the same as [`close`].
///
/// # Errors
/// No window is open.
pub fn close_raw() -> Result<Vec<u8>, WindowError> {
    end(|raw| match raw.modules.is_empty() {
        true => raw.to_dhat(names),
        false => {
            serde_json::to_vec(raw).expect("numbers and texts have a JSON form")
        }
    })
}

/// Ends the recording. The text is counted, the work on it is not.
fn end(write: impl FnOnce(&Raw) -> Vec<u8>) -> Result<Vec<u8>, WindowError> {
    let _change = change();
    let text = alloc::uncounted(|| recorder::stop().map(|raw| write(&raw)));
    let text = text.ok_or(WindowError::NotOpen)?;
    let counted = text.clone();
    alloc::uncounted(|| drop(text));
    // Last: what was not counted when it was allocated must not be counted when freed.
    alloc::record(false);
    Ok(counted)
}

/// Lets one caller at a time open or close.
fn change() -> MutexGuard<'static, ()> {
    static CHANGE: Mutex<()> = Mutex::new(());
    CHANGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The frames at an address of this process.
fn names(address: usize) -> Vec<String> {
    let mut frames = Vec::new();
    backtrace::resolve(address as *mut c_void, |symbol| {
        let name = symbol.name().map(|name| format!("{name:#}"));
        frames.push(raw::frame(
            address,
            name.as_deref().unwrap_or("???"),
            symbol.filename().and_then(|file| file.to_str()),
            symbol.lineno().unwrap_or(0),
            symbol.colno().unwrap_or(0),
        ));
    });
    frames
}
