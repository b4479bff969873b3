//! A dhat window: records who allocates until it is closed, and what is live then.
//!
//! The profile is taken while the process runs. At exit the state is dropped, and the
//! leak with it: 1,000 parked tasks of 7.3 KB show as 30 bytes.
//!
//! dhat allows one profiler at a time (dhat 0.3.3, `Profiler::new`), so a process has
//! one window.

use crate::alloc;
use std::io;
use std::sync::{Mutex, MutexGuard};
use tempfile::TempDir;

/// Default number of frames in a call stack. With dhat's default of 10, 73 to 86 % of a
/// service's leaked bytes show no in-app frame. 64 and unlimited frames cost the same.
pub const FRAMES: usize = 64;

static OPEN: Mutex<Option<Window>> = Mutex::new(None);

/// dhat writes its profile to a file when the profiler is dropped.
struct Window {
    profiler: dhat::Profiler,
    folder: TempDir,
}

/// Why a window could not be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// A process has one window.
    #[error("a window is open already; close it first")]
    AlreadyOpen,
    /// Nothing to close.
    #[error("no window is open; open one first")]
    NotOpen,
    /// dhat writes its profile to a temporary folder.
    #[error("cannot use the temporary folder of the profile")]
    Folder(#[from] io::Error),
}

/// Opens the window: from now on dhat records allocations and their call stacks, which
/// slows them down four- to eightfold.
///
/// # Errors
/// A window is open already, or no temporary folder can be created.
pub fn open(frames: usize) -> Result<(), WindowError> {
    let mut open = lock();
    if open.is_some() {
        return Err(WindowError::AlreadyOpen);
    }
    alloc::enable_dhat(true);
    let window: io::Result<Window> = alloc::uncounted(|| {
        let folder = tempfile::Builder::new().prefix("heap-window-").tempdir()?;
        let profiler = dhat::Profiler::builder()
            .file_name(folder.path().join("profile.json"))
            .trim_backtraces(Some(frames))
            .build();
        Ok(Window { profiler, folder })
    });
    match window {
        Ok(window) => *open = Some(window),
        Err(error) => {
            // The caller frees the error, so its memory must be counted.
            let counted = io::Error::new(error.kind(), error.to_string());
            alloc::uncounted(|| drop(error));
            alloc::enable_dhat(false);
            return Err(WindowError::Folder(counted));
        }
    }
    Ok(())
}

/// Closes the window and returns dhat's JSON (version 2, `rust-heap`): what each call
/// stack allocated in the window, and under `eb` how much of it is still live. Takes
/// some tenths of a second to resolve the names of all frames.
///
/// # Errors
/// No window is open, or dhat's file cannot be read.
pub fn close() -> Result<Vec<u8>, WindowError> {
    // Held to the end: a window that opened meanwhile would meet the profiler of this
    // one, or be disabled below.
    let mut open = lock();
    let Window { profiler, folder } = open.take().ok_or(WindowError::NotOpen)?;
    alloc::uncounted(|| drop(profiler));
    let profile = std::fs::read(folder.path().join("profile.json"));
    // Last: what was not counted when it was allocated must not be counted when freed.
    alloc::uncounted(|| drop(folder));
    alloc::enable_dhat(false);
    Ok(profile?)
}

fn lock() -> MutexGuard<'static, Option<Window>> {
    OPEN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
