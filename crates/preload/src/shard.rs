//! The counters: each thread has its own shard and changes it with plain loads and
//! stores, because locked instructions on every allocation would cost several per cent.

use crate::layout::{MAGIC, Page, Shard};
use crate::window;
use std::arch::{asm, global_asm};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::from_ref;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};

/// Found from outside by its name. Untouched shards take no memory.
#[unsafe(export_name = "leaklab_preload_page")]
// SAFETY: it consists of atomics.
pub(crate) static PAGE: Page = unsafe { std::mem::zeroed() };

/// What a thread knows of itself; all zero at its start.
pub(crate) struct Thread {
    shard: Cell<*const Shard>,
    /// Set while it records, so that what a signal handler allocates is not recorded.
    pub(crate) inside: Cell<bool>,
    /// Set while it plants a leak, which is an allocation, too.
    pub(crate) plants: Cell<bool>,
}

// `thread_local!` in a shared library goes through `__tls_get_addr`, which may allocate.
// This is in the static block of thread-local memory ("initial exec").
global_asm!(
    ".pushsection .tbss,\"awT\",@nobits",
    ".p2align 3",
    ".globl leaklab_preload_thread",
    ".hidden leaklab_preload_thread",
    "leaklab_preload_thread:",
    ".zero 16",
    ".popsection",
);

static KEY: AtomicU32 = AtomicU32::new(u32::MAX);

type Handler = Option<unsafe extern "C" fn()>;

unsafe extern "C" {
    // In glibc's static part, which the libc crate does not declare.
    fn pthread_atfork(before: Handler, parent: Handler, child: Handler) -> i32;
}

#[inline]
pub(crate) fn thread() -> &'static Thread {
    let thread: *const Thread;
    // SAFETY: the first word of the thread's block is its own address, and the offset of
    // the variable, 16 zeroed bytes, is in the table of offsets. The reference is used
    // by this thread only.
    unsafe {
        asm!(
            "mov {0}, qword ptr fs:[0]",
            "add {0}, qword ptr [rip + leaklab_preload_thread@GOTTPOFF]",
            out(reg) thread,
            options(pure, nomem, nostack)
        );
        &*thread
    }
}

/// The thread's shard and whether it owns it alone.
#[inline]
pub(crate) fn mine() -> (&'static Shard, bool) {
    let thread = thread();
    if thread.shard.get().is_null() {
        claim(thread);
    }
    let shard = thread.shard.get();
    // SAFETY: it points into PAGE.
    (unsafe { &*shard }, shard != from_ref(&PAGE.shards[0]))
}

#[cold]
fn claim(thread: &Thread) {
    // What the calls below might allocate is counted in the shared shard.
    thread.shard.set(&raw const PAGE.shards[0]);
    if PAGE.header.magic.compare_exchange(0, MAGIC, AcqRel, Relaxed).is_ok() {
        let mut key = u32::MAX;
        // SAFETY: the handlers allocate nothing and take no lock.
        unsafe {
            libc::pthread_key_create(&raw mut key, Some(give_back));
            pthread_atfork(None, None, Some(window::forget_in_child));
        }
        KEY.store(key, Relaxed);
    }
    let claim = |shard: &&Shard| {
        shard.owner.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
    };
    let Some(shard) = PAGE.shards[1..].iter().find(claim) else { return };
    let value = from_ref(shard).cast();
    // SAFETY: the key exists, or this is an error and no more.
    if unsafe { libc::pthread_setspecific(KEY.load(Relaxed), value) } == 0 {
        thread.shard.set(shard);
    } else {
        shard.owner.store(0, Release);
    }
}

/// A thread ends. Its shard keeps the sums for the next owner; what other destructors
/// allocate and free is counted in the shared shard.
unsafe extern "C" fn give_back(shard: *mut c_void) {
    thread().shard.set(&raw const PAGE.shards[0]);
    // SAFETY: `claim` stored a pointer into PAGE.
    unsafe { &*shard.cast::<Shard>() }.owner.store(0, Release);
}

#[inline]
fn add(counter: &AtomicU64, n: u64, own: bool) {
    if own {
        counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
    } else {
        counter.fetch_add(n, Relaxed);
    }
}

#[inline]
pub(crate) fn allocated(bytes: usize, blocks: u64) {
    let (shard, own) = mine();
    add(&shard.allocated_bytes, bytes as u64, own);
    add(&shard.allocated_blocks, blocks, own);
}

#[inline]
pub(crate) fn freed(bytes: usize, blocks: u64) {
    let (shard, own) = mine();
    add(&shard.freed_bytes, bytes as u64, own);
    add(&shard.freed_blocks, blocks, own);
}
