//! A process that has loaded the library.

use crate::layout::{Header, MAGIC, Page, SHARDS, STACKS, Shard, Stack, Tables};
use crate::library::FILE;
use crate::memory::{self, Memory};
use crate::{Error, maps, profile};
use object::{Object, ObjectSymbol};
use std::mem::offset_of;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How many milliseconds a thread may need to record a block: it takes microseconds, but
/// on a loaded machine the thread may be preempted.
const REST: u32 = 10_000;

/// What a process allocated, in bytes as requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Bytes allocated and not freed.
    pub live_bytes: u64,
    /// Blocks allocated and not freed.
    pub live_blocks: u64,
    /// Bytes ever allocated. A block that is resized counts with its new size.
    pub allocated_bytes: u64,
    /// Blocks ever allocated.
    pub allocated_blocks: u64,
}

/// A process that has loaded the library.
#[derive(Debug)]
pub struct Attached {
    process: u32,
    /// Where the library's [`Page`] is.
    page: u64,
    /// The number of the open window.
    window: Option<u64>,
}

pub(crate) fn word(value: &AtomicU64) -> u64 {
    value.load(Relaxed)
}

impl Attached {
    /// Finds the library in the memory of a process.
    ///
    /// # Errors
    /// The process has not loaded the library, has ended, or is another user's.
    pub fn to(process: u32) -> Result<Self, Error> {
        let maps = maps::of(process)?;
        let library = maps.iter().find(|m| m.offset == 0 && m.path.ends_with(FILE));
        let library = library.ok_or_else(|| {
            let cure =
                "start the program itself, not a wrapper that clears LD_PRELOAD";
            Error::new(format!("process {process} has not loaded {FILE}: {cure}"))
        })?;
        let bytes = std::fs::read(maps::within(process, &library.path))
            .map_err(|source| memory::unreachable(process, source))?;
        let file = object::File::parse(bytes.as_slice()).ok();
        let symbol = file.as_ref().and_then(|file| {
            let mut symbols = file.dynamic_symbols();
            symbols.find(|symbol| symbol.name() == Ok("leaklab_preload_page"))
        });
        let page = symbol.map_or(0, |symbol| library.range.start + symbol.address());
        let found = Self { process, page, window: None };
        // The word is 0 before the first allocation.
        if page == 0 || ![0, MAGIC].contains(&word(&found.header()?.magic)) {
            let cure = "build the workspace and start the program again";
            let version = format!("process {process} has another version of {FILE}");
            return Err(Error::new(format!("{version}: {cure}")));
        }
        Ok(found)
    }

    fn header(&self) -> Result<Header, Error> {
        Ok(Memory(self.process).read(self.page, 1)?.remove(0))
    }

    fn shards(&self) -> Result<Vec<Shard>, Error> {
        let used = (word(&self.header()?.used) as usize).clamp(1, SHARDS);
        Memory(self.process).read(self.page + offset_of!(Page, shards) as u64, used)
    }

    /// Adds up the counters of all threads. The sum is exact at rest; while threads
    /// allocate it may be a few allocations old.
    ///
    /// # Errors
    /// The process has ended.
    pub fn counts(&self) -> Result<Counts, Error> {
        let shards = self.shards()?;
        let sum = |count: fn(&Shard) -> &AtomicU64| {
            shards.iter().map(|s| word(count(s))).fold(0, u64::wrapping_add)
        };
        let allocated_bytes = sum(|shard| &shard.allocated_bytes);
        let allocated_blocks = sum(|shard| &shard.allocated_blocks);
        let live_bytes = allocated_bytes.saturating_sub(sum(|s| &s.freed_bytes));
        let live_blocks = allocated_blocks.saturating_sub(sum(|s| &s.freed_blocks));
        Ok(Counts { live_bytes, live_blocks, allocated_bytes, allocated_blocks })
    }

    fn want(&self, window: u64) -> Result<(), Error> {
        let field = offset_of!(Page, header) + offset_of!(Header, want);
        Memory(self.process).write(self.page + field as u64, window)
    }

    /// Opens a window: from now on the library records every allocation with its call
    /// stack, which takes it some microseconds. A window that is open is thrown away.
    ///
    /// # Errors
    /// The process has ended.
    pub fn open_window(&mut self) -> Result<(), Error> {
        let header = self.header()?;
        let window = word(&header.have).max(word(&header.want)) + 1;
        self.want(window)?;
        self.window = Some(window);
        Ok(())
    }

    /// Closes the window and returns a profile in dhat's format (version 2, `rust-heap`):
    /// what each call stack allocated in the window, and under `eb` how much of it is
    /// still live. An additional field, `lost`, counts blocks that are missing because
    /// the window has more than 65,536 different call stacks.
    ///
    /// # Errors
    /// No window is open, or the process has ended.
    pub fn close_window(&mut self) -> Result<Vec<u8>, Error> {
        let process = self.process;
        let window = self.window.take().ok_or_else(|| {
            Error::new(format!(
                "process {process} has no open window: open one first"
            ))
        })?;
        self.want(0)?;
        let mut waited = 0;
        while self.shards()?.iter().any(|shard| word(&shard.busy) != 0) {
            if waited == REST {
                let cause =
                    "has a thread that does not finish recording: let it run on";
                return Err(Error::new(format!("process {process} {cause}")));
            }
            waited += 1;
            std::thread::sleep(Duration::from_millis(1));
        }
        let (end, header) = (memory::now(), self.header()?);
        // Without an allocation since it was opened, the window has no tables.
        let mut stacks = Vec::<Stack>::new();
        if word(&header.have) == window {
            let tables = word(&header.tables);
            let count = (word(&header.stacks) as usize).min(STACKS);
            let used = tables + offset_of!(Tables, used) as u64;
            for at in Memory(process).read::<AtomicU64>(used, count)? {
                let place = tables + word(&at) * size_of::<Stack>() as u64;
                stacks.append(&mut Memory(process).read(place, 1)?);
            }
        }
        profile::write(process, &header, &stacks, end)
    }
}
