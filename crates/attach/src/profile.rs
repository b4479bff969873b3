//! A window's call stacks as dhat writes them: JSON, version 2, mode `rust-heap`.

use crate::Error;
use crate::layout::{Header, Stack};
use crate::names::Names;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::fs;
use std::mem::offset_of;

/// dhat's names for the first fields of a [`Stack`].
const COUNTS: [&str; 9] = ["tb", "tbk", "eb", "ebk", "mb", "mbk", "gb", "gbk", "tl"];

/// What names of functions begin with that only pass a request for memory on. dhat
/// leaves out the same.
const ALLOCATORS: [&str; 5] =
    ["alloc::alloc::", "<alloc::alloc::", "__rustc::", "__rust_alloc", "__rdl_"];

/// A window, in the words of its [`Header`] and of each [`Stack`].
pub(crate) struct Window {
    /// None if nothing was allocated.
    pub(crate) header: Option<Vec<u64>>,
    pub(crate) stacks: Vec<Vec<u64>>,
    /// When it was closed, in nanoseconds.
    pub(crate) end: u64,
}

pub(crate) fn write(process: u32, window: Window) -> Result<Vec<u8>, Error> {
    let Window { header, stacks, end } = window;
    let (names, frames) = (Names::of(process)?, vec!["[root]".to_owned()]);
    let mut table = Table { names, frames, known: HashMap::new() };
    let header =
        |field: usize| header.as_ref().map_or(end, |words| words[field / 8]);
    let start = header(offset_of!(Header, opened));
    // The peak was noted before live bytes fell for the last time, or it is now.
    let at_end = header(offset_of!(Header, live)) > header(offset_of!(Header, peak));
    let peak_at = if at_end { end } else { header(offset_of!(Header, peak_at)) };
    let points = stacks.into_iter().map(|mut stack| {
        if at_end {
            stack.copy_within(2..4, 6);
        }
        stack[8] = stack[8].wrapping_add(stack[3].wrapping_mul(end)) / 1_000;
        let counts = COUNTS.iter().zip(&stack);
        let mut point: Map<_, _> =
            counts.map(|(name, n)| (name.to_string(), json!(n))).collect();
        let frames = table.stack(&stack[offset_of!(Stack, frames) / 8..]);
        point.insert("fs".to_owned(), json!(frames));
        Value::Object(point)
    });
    let points: Vec<Value> = points.collect();
    let command = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    let profile = json!({
        "dhatFileVersion": 2,
        "mode": "rust-heap",
        "verb": "Allocated",
        "bklt": true,
        "bkacc": false,
        "tu": "µs",
        "Mtu": "s",
        "tuth": 10,
        "cmd": command.trim_end(),
        "pid": process,
        "tg": peak_at.saturating_sub(start) / 1_000,
        "te": end.saturating_sub(start) / 1_000,
        "lost": if points.is_empty() { 0 } else { header(offset_of!(Header, lost)) },
        "pps": points,
        "ftbl": table.frames,
    });
    Ok(profile.to_string().into_bytes())
}

/// The table of frames, each once.
struct Table {
    names: Names,
    frames: Vec<String>,
    /// The frames of an address, innermost first.
    known: HashMap<u64, Vec<usize>>,
}

impl Table {
    /// A call stack without the functions that only pass the request on.
    fn stack(&mut self, addresses: &[u64]) -> Vec<usize> {
        let mut indices = Vec::new();
        for address in addresses.iter().take_while(|address| **address != 0) {
            let found = self.known.entry(*address).or_insert_with(|| {
                let first = self.frames.len();
                let names = self.names.at(*address).into_iter();
                self.frames
                    .extend(names.map(|name| format!("{address:#x}: {name}")));
                (first..self.frames.len()).collect()
            });
            indices.extend(&*found);
        }
        let passes = |index: &usize| {
            let name = self.frames[*index].split_once(": ").map_or("", |(_, n)| n);
            ALLOCATORS.iter().any(|begin| name.starts_with(begin))
        };
        let skipped = indices.iter().rposition(passes).map_or(0, |last| last + 1);
        if skipped < indices.len() {
            indices.drain(..skipped);
        }
        indices
    }
}
