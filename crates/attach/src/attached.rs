//! A process that has loaded the library.

use crate::Error;
use crate::layout::{
    Header, MAGIC, PLANT, Page, SHARDS, STACKS, Shard, Stack, Tables,
};
use crate::library::FILE;
use crate::maps::{self, Mapping};
use crate::memory::{self, Memory};
use crate::names::Files;
use crate::profile;
use object::{Object, ObjectSymbol};
use std::mem::offset_of;
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
    /// Leaks that were planted.
    planted: u64,
    files: Files,
}

impl Attached {
    /// Finds the library in the memory of a process.
    ///
    /// # Errors
    /// The process has not loaded the library, has ended, or is another user's.
    pub fn to(process: u32) -> Result<Self, Error> {
        let maps = maps::of(process)?;
        let library = maps.iter().find(|m| m.offset == 0 && m.path.ends_with(FILE));
        let Some(Mapping { range, path, .. }) = library else {
            let text = "has not loaded libpreload.so: start the program itself, not a \
                wrapper that clears LD_PRELOAD";
            return Err(Error::of(process, text));
        };
        let bytes = std::fs::read(maps::within(process, path))
            .map_err(|source| memory::unreachable(process, source))?;
        let file = object::File::parse(bytes.as_slice()).ok();
        let mut symbols = file.iter().flat_map(|file| file.dynamic_symbols());
        let symbol =
            symbols.find(|symbol| symbol.name() == Ok("leaklab_preload_page"));
        let page = symbol.map_or(0, |symbol| range.start + symbol.address());
        let files = Files::default();
        let found = Self { process, page, window: None, planted: 0, files };
        // The word is 0 before the first allocation.
        if page == 0
            || ![0, MAGIC].contains(&found.header(offset_of!(Header, magic))?)
        {
            let text = "has another version of libpreload.so: build the workspace, and \
                start the program again";
            return Err(Error::of(process, text));
        }
        Ok(found)
    }

    /// A field of the header.
    fn header(&self, field: usize) -> Result<u64, Error> {
        Ok(Memory(self.process).read(self.page + field as u64, 8)?[0])
    }

    /// The sum of a field over all shards.
    fn shards(&self) -> Result<impl Fn(usize) -> u64, Error> {
        let start = self.page + offset_of!(Page, shards) as u64;
        let words = Memory(self.process).read(start, SHARDS * size_of::<Shard>())?;
        Ok(move |field: usize| {
            let all = words.iter().skip(field / 8).step_by(size_of::<Shard>() / 8);
            all.fold(0, |sum: u64, n| sum.wrapping_add(*n))
        })
    }

    /// Adds up the counters of all threads. The sum is exact at rest; while threads
    /// allocate it may be a few allocations old.
    ///
    /// # Errors
    /// The process has ended.
    pub fn counts(&self) -> Result<Counts, Error> {
        let sum = self.shards()?;
        let allocated_bytes = sum(offset_of!(Shard, allocated_bytes));
        let allocated_blocks = sum(offset_of!(Shard, allocated_blocks));
        let live = |all: u64, freed| all.saturating_sub(sum(freed));
        Ok(Counts {
            live_bytes: live(allocated_bytes, offset_of!(Shard, freed_bytes)),
            live_blocks: live(allocated_blocks, offset_of!(Shard, freed_blocks)),
            allocated_bytes,
            allocated_blocks,
        })
    }

    fn set(&self, field: usize, value: u64) -> Result<(), Error> {
        Memory(self.process).write(self.page + field as u64, value)
    }

    fn want(&self, window: u64) -> Result<(), Error> {
        let plant = if self.planted > 0 { PLANT } else { 0 };
        self.set(offset_of!(Header, want), window | plant)
    }

    /// Lets the process leak a block of this size, in its next allocation: to prove that
    /// such a leak is seen.
    ///
    /// # Errors
    /// The process has ended.
    pub fn plant(&mut self, bytes: u64) -> Result<(), Error> {
        self.planted += 1;
        self.set(offset_of!(Header, plant_bytes), bytes)?;
        self.set(offset_of!(Header, plant_want), self.planted)?;
        // No window is open before the first.
        if self.planted == 1 { self.want(self.window.unwrap_or(0)) } else { Ok(()) }
    }

    /// Wants no window, and waits for the threads that still record.
    fn rest(&self) -> Result<(), Error> {
        self.want(0)?;
        for _ in 0..REST {
            if self.shards()?(offset_of!(Shard, busy)) == 0 {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(Error::of(self.process, "stands still: let it run on"))
    }

    /// Opens a window: from now on the library records every allocation with its call
    /// stack, which takes it some microseconds. A window that is open is thrown away.
    ///
    /// # Errors
    /// The process has ended or is stopped.
    pub fn open_window(&mut self) -> Result<(), Error> {
        self.rest()?;
        let window = self.header(offset_of!(Header, have))? + 1;
        self.want(window)?;
        self.window = Some(window);
        Ok(())
    }

    /// Closes the window without a profile, which takes no time; the most bytes that its
    /// blocks held at once, at most 1/64 too low.
    ///
    /// # Errors
    /// The process has ended or is stopped.
    pub fn close_for_peak(&mut self) -> Result<u64, Error> {
        let window = self.window.take();
        self.rest()?;
        // Without an allocation since it was opened, the numbers are an earlier window's.
        if window != Some(self.header(offset_of!(Header, have))?) {
            return Ok(0);
        }
        let live = self.header(offset_of!(Header, live))?;
        Ok(live.max(self.header(offset_of!(Header, peak))?))
    }

    /// Closes the window and returns a profile in dhat's format (version 2, `rust-heap`):
    /// what each call stack allocated in the window, and under `eb` how much of it is
    /// still live. An additional field, `lost`, counts blocks that are missing because
    /// the window has more than 65,536 different call stacks.
    ///
    /// # Errors
    /// No window is open, or the process has ended or is stopped.
    pub fn close_window(&mut self) -> Result<Vec<u8>, Error> {
        let process = self.process;
        let none = || Error::of(process, "has no open window: open one first");
        let window = self.window.take().ok_or_else(none)?;
        self.rest()?;
        let end = memory::now();
        let memory = Memory(process);
        let header = memory.read(self.page, size_of::<Header>())?;
        let field = |offset: usize| header[offset / 8];
        let mut stacks = Vec::new();
        // Without an allocation since it was opened, the window has no tables.
        let open = field(offset_of!(Header, have)) == window;
        if open {
            let tables = field(offset_of!(Header, tables));
            let count = (field(offset_of!(Header, stacks)) as usize).min(STACKS);
            let used = tables + offset_of!(Tables, used) as u64;
            for at in memory.read(used, count * 8)? {
                let place = tables + at * size_of::<Stack>() as u64;
                stacks.push(memory.read(place, size_of::<Stack>())?);
            }
        }
        let header = open.then_some(header);
        profile::write(process, &mut self.files, header, stacks, end)
    }
}
