//! Records allocations with their call stacks while a window is open.
//!
//! It counts what dhat 0.3.3 counts, in the same way. dhat names the frames of every
//! call stack anew, in the service, which took a fifth of a comparison's time. This
//! keeps addresses; they are named once each, and elsewhere if the reader can.

use crate::raw::{Raw, Stack, modules};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);

/// Frames to record of each call stack.
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// The innermost frame that call stacks share with that of the window's opener, or 0
/// while unknown. From there on they show the event loop, so stacks end before it, as
/// in dhat. That saves a third of the time.
static BOTTOM: AtomicUsize = AtomicUsize::new(0);

/// Threads of any kind share this many frames. Event loops share more.
const THREAD_FRAMES: usize = 6;

/// The innermost frames: this module and the allocator. They are recorded with the
/// others and removed when frames have names.
const OWN_FRAMES: usize = 4;

/// Most frames of a call stack, so that capturing one allocates nothing.
const FRAMES_MAX: usize = 128;

struct Recorder {
    start: Instant,
    /// The call stack of the window's opener.
    opener: Vec<usize>,
    /// Indices of `stacks` by the addresses of the frames.
    known: HashMap<Box<[usize]>, usize, BuildHasherDefault<FxHasher>>,
    stacks: Vec<Counted>,
    /// Live blocks by address.
    live: HashMap<usize, Block, BuildHasherDefault<FxHasher>>,
    live_bytes: u64,
    peak_bytes: u64,
    peak_after: Duration,
}

#[derive(Default)]
struct Counted {
    counts: Stack,
    live_bytes: u64,
    live_blocks: u64,
}

#[derive(Clone, Copy)]
struct Block {
    stack: usize,
    bytes: usize,
    since: Instant,
}

/// Starts recording, unless it has been started.
pub(crate) fn start(frames: usize) -> bool {
    let mut recorder = lock();
    let free = recorder.is_none();
    if free {
        DEPTH.store((frames + OWN_FRAMES).min(FRAMES_MAX), Relaxed);
        BOTTOM.store(0, Relaxed);
        let (frames, count) = call_stack();
        *recorder = Some(Recorder {
            start: Instant::now(),
            opener: frames[..count].to_vec(),
            known: HashMap::default(),
            stacks: Vec::new(),
            live: HashMap::default(),
            live_bytes: 0,
            peak_bytes: 0,
            peak_after: Duration::ZERO,
        });
    }
    free
}

/// Ends the recording.
pub(crate) fn stop() -> Option<Raw> {
    lock().take().map(Recorder::finish)
}

/// A block was allocated at this address.
pub(crate) fn allocated(address: usize, bytes: usize) {
    let (frames, count) = call_stack();
    if let Some(recorder) = &mut *lock() {
        let count = recorder.trimmed(&frames[..count]);
        let stack = recorder.stack(&frames[..count]);
        recorder.stacks[stack].live_blocks += 1;
        recorder.add(address, bytes, stack);
    }
}

/// The block at this address is about to be freed.
pub(crate) fn freed(address: usize) {
    if let Some(recorder) = &mut *lock()
        && let Some(block) = recorder.live.remove(&address)
    {
        recorder.look_for_peak();
        recorder.subtract(block);
        let stack = &mut recorder.stacks[block.stack];
        stack.live_blocks -= 1;
        stack.counts.tl += block.since.elapsed().as_micros() as u64;
    }
}

/// The block at this address is about to be resized. Returns its call stack if it was
/// allocated in this window.
pub(crate) fn resizing(address: usize, bytes: usize) -> Option<usize> {
    let mut recorder = lock();
    let recorder = recorder.as_mut()?;
    let block = recorder.live.remove(&address)?;
    if bytes < block.bytes {
        recorder.look_for_peak();
    }
    recorder.subtract(block);
    Some(block.stack)
}

/// The block of this call stack has been resized and may have moved.
pub(crate) fn resized(address: usize, bytes: usize, stack: usize) {
    if let Some(recorder) = &mut *lock()
        && stack < recorder.stacks.len()
    {
        recorder.add(address, bytes, stack);
    }
}

fn lock() -> MutexGuard<'static, Option<Recorder>> {
    RECORDER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The addresses of the caller's frames, innermost first.
fn call_stack() -> ([usize; FRAMES_MAX], usize) {
    let (mut frames, mut count) = ([0; FRAMES_MAX], 0);
    let (depth, bottom) = (DEPTH.load(Relaxed), BOTTOM.load(Relaxed));
    backtrace::trace(|frame| {
        let address = frame.ip() as usize;
        if address != bottom {
            frames[count] = address;
            count += 1;
        }
        address != bottom && count < depth
    });
    (frames, count)
}

impl Recorder {
    /// How many frames to keep. Finds out where stacks end, unless that is known.
    fn trimmed(&self, frames: &[usize]) -> usize {
        let outward = frames.iter().rev().zip(self.opener.iter().rev());
        let shared = outward.take_while(|(frame, opener)| frame == opener).count();
        let own = frames.len() - shared;
        if BOTTOM.load(Relaxed) == 0 && shared > THREAD_FRAMES && own > 0 {
            BOTTOM.store(frames[own], Relaxed);
            return own;
        }
        frames.len()
    }

    fn stack(&mut self, frames: &[usize]) -> usize {
        if let Some(&known) = self.known.get(frames) {
            return known;
        }
        let index = self.stacks.len();
        self.stacks.push(Counted::default());
        self.known.insert(frames.into(), index);
        index
    }

    fn add(&mut self, address: usize, bytes: usize, stack: usize) {
        self.live.insert(address, Block { stack, bytes, since: Instant::now() });
        self.live_bytes += bytes as u64;
        let counted = &mut self.stacks[stack];
        counted.live_bytes += bytes as u64;
        let counts = &mut counted.counts;
        counts.tb += bytes as u64;
        counts.tbk += 1;
        if counted.live_bytes >= counts.mb {
            (counts.mb, counts.mbk) = (counted.live_bytes, counted.live_blocks);
        }
    }

    fn subtract(&mut self, block: Block) {
        self.live_bytes -= block.bytes as u64;
        self.stacks[block.stack].live_bytes -= block.bytes as u64;
    }

    /// Called before live bytes fall: only then can they have been at their peak.
    fn look_for_peak(&mut self) {
        if self.live_bytes <= self.peak_bytes {
            return;
        }
        self.peak_bytes = self.live_bytes;
        self.peak_after = self.start.elapsed();
        for Counted { counts, live_bytes, live_blocks } in &mut self.stacks {
            (counts.gb, counts.gbk) = (*live_bytes, *live_blocks);
        }
    }

    fn finish(mut self) -> Raw {
        self.look_for_peak();
        for block in self.live.values() {
            let lived = block.since.elapsed().as_micros() as u64;
            self.stacks[block.stack].counts.tl += lived;
        }
        let mut raw = Raw {
            command: std::env::args().collect::<Vec<_>>().join(" "),
            process: std::process::id(),
            peak_us: self.peak_after.as_micros() as u64,
            duration_us: self.start.elapsed().as_micros() as u64,
            modules: modules(),
            stacks: Vec::new(),
        };
        raw.stacks = self
            .known
            .into_iter()
            .map(|(frames, index)| {
                let Counted { counts, live_bytes, live_blocks } =
                    &self.stacks[index];
                let (eb, ebk) = (*live_bytes, *live_blocks);
                (Stack { eb, ebk, ..*counts }, frames.into_vec())
            })
            .collect();
        raw
    }
}

/// FxHash. Addresses come from the process itself, so nobody can choose colliding ones.
#[derive(Default)]
struct FxHasher(u64);

impl Hasher for FxHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}
