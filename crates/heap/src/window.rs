//! A dhat window: records who allocates until it is closed, and what is live then.
//!
//! The profile is taken while the process runs. At exit the state is dropped, and the
//! leak with it: 1,000 parked tasks of 7.3 KB show as 30 bytes.
//!
//! dhat allows one profiler at a time (dhat 0.3.3, `Profiler::new`), so a process has
//! one window.

use crate::alloc;
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Default number of frames in a call stack. With dhat's default of 10, 73 to 86 % of a
/// service's leaked bytes show no in-app frame. 64 and unlimited frames cost the same.
pub const FRAMES: usize = 64;

/// Default time after which a window closes by itself, so that a forgotten one does not
/// slow a service down forever.
pub const OPEN_AT_MOST: Duration = Duration::from_secs(600);

static OPEN: Mutex<Option<Window>> = Mutex::new(None);
/// Wakes the thread that waits for the end of a window's time.
static CLOSED: Condvar = Condvar::new();

struct Window {
    // Dropping it would write a file, and after its end it panics.
    profiler: ManuallyDrop<dhat::Profiler>,
    opened: Instant,
    at_most: Duration,
}

/// Why a window could not be opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// A process has one window.
    #[error("a window is open already; close it first")]
    AlreadyOpen,
    /// Nothing to close, or it closed by itself.
    #[error("no window is open: open one, and close it before its time is over")]
    NotOpen,
    /// The thread that closes a forgotten window did not start.
    #[error("cannot start the thread that limits the window's time")]
    Thread(#[from] io::Error),
    /// dhat panicked: it cannot write to standard error, or has a defect.
    #[error("dhat could not finish its profile; standard error says why")]
    Dhat,
}

/// Opens the window: from now on dhat records allocations and their call stacks, which
/// slows them down four- to eightfold. After the time `at_most` it closes by itself, and
/// its profile is lost.
///
/// # Errors
/// A window is open already, or the system refuses a thread.
pub fn open(frames: usize, at_most: Duration) -> Result<(), WindowError> {
    let mut open = lock();
    if open.is_some() {
        return Err(WindowError::AlreadyOpen);
    }
    // It waits for the lock.
    alloc::spawn_uncounted(close_in_time)?;
    let builder = || dhat::Profiler::builder().trim_backtraces(Some(frames)).build();
    let profiler = ManuallyDrop::new(alloc::uncounted(builder));
    alloc::enable_dhat(true);
    *open = Some(Window { profiler, opened: Instant::now(), at_most });
    Ok(())
}

/// Closes the window and returns dhat's JSON (version 2, `rust-heap`): what each call
/// stack allocated in the window, and under `eb` how much of it is still live. Takes
/// some tenths of a second to resolve the names of all frames.
///
/// # Errors
/// No window is open, or dhat fails.
pub fn close() -> Result<Vec<u8>, WindowError> {
    end(&mut lock())
}

/// Waits until the window that is open now has been closed, or closes it.
fn close_in_time() {
    let open = lock();
    let Some(Window { opened, at_most, .. }) = *open else { return };
    let same = |open: &Option<Window>| {
        open.as_ref().is_some_and(|window| window.opened == opened)
    };
    let mut open = CLOSED
        .wait_timeout_while(open, at_most, |open| same(open))
        .unwrap_or_else(PoisonError::into_inner)
        .0;
    if same(&open) {
        // Nobody waits for an error.
        let _ = end(&mut open);
    }
}

/// The lock is held to the end: a window that opened meanwhile would meet the profiler
/// of this one, or be disabled below.
fn end(open: &mut Option<Window>) -> Result<Vec<u8>, WindowError> {
    let mut window = open.take().ok_or(WindowError::NotOpen)?;
    CLOSED.notify_all();
    // dhat hides this function from its documentation. The documented way is a file,
    // which needs a writable folder, and a line on stderr that names it.
    let finish = || window.profiler.drop_and_get_memory_output();
    let json = alloc::uncounted(|| catch_unwind(AssertUnwindSafe(finish)).ok());
    // Only now: dhat must see every release until then, or it meets an address twice.
    alloc::enable_dhat(false);
    let json = json.ok_or(WindowError::Dhat)?;
    // The caller frees the copy, so its memory is counted. Indentation is a third of it.
    let mut copy = Vec::new();
    for line in json.lines() {
        copy.extend_from_slice(line.trim_start().as_bytes());
        copy.push(b'\n');
    }
    alloc::uncounted(|| drop(json));
    Ok(copy)
}

fn lock() -> MutexGuard<'static, Option<Window>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
