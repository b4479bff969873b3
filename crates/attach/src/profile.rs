//! A window's call stacks as dhat writes them: JSON, version 2, mode `rust-heap`.

use crate::attached::word;
use crate::layout::{Header, Stack};
use crate::names::Names;
use crate::{Error, maps};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;

/// What names of functions begin with that only pass a request for memory on. dhat
/// leaves out the same.
const ALLOCATORS: [&str; 5] =
    ["alloc::alloc::", "<alloc::alloc::", "__rustc::", "__rust_alloc", "__rdl_"];

/// The profile of a window that ended at a time, in nanoseconds.
pub(crate) fn write(
    process: u32,
    header: &Header,
    stacks: &[Stack],
    end: u64,
) -> Result<Vec<u8>, Error> {
    let names = Names::new(process, maps::of(process)?);
    let mut table =
        Table { names, frames: vec!["[root]".into()], known: HashMap::new() };
    let at_peak = word(&header.live) > word(&header.peak);
    let points = stacks.iter().map(|stack| {
        let (bytes, blocks) = match at_peak {
            true => (&stack.end_bytes, &stack.end_blocks),
            false => (&stack.peak_bytes, &stack.peak_blocks),
        };
        let live = word(&stack.end_blocks).wrapping_mul(end);
        json!({
            "tb": word(&stack.total_bytes),
            "tbk": word(&stack.total_blocks),
            "tl": word(&stack.lifetimes).wrapping_add(live) / 1_000,
            "mb": word(&stack.max_bytes),
            "mbk": word(&stack.max_blocks),
            "gb": word(bytes),
            "gbk": word(blocks),
            "eb": word(&stack.end_bytes),
            "ebk": word(&stack.end_blocks),
            "fs": table.stack(stack.frames.iter().map(word).take_while(|at| *at != 0)),
        })
    });
    let points: Vec<Value> = points.collect();
    // Of an empty window nothing is known but its end.
    let start = if stacks.is_empty() { end } else { word(&header.opened) };
    let peak_at = if at_peak { end } else { word(&header.peak_at) };
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
        "lost": if stacks.is_empty() { 0 } else { word(&header.lost) },
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
    fn stack(&mut self, addresses: impl Iterator<Item = u64>) -> Vec<usize> {
        let mut indices = Vec::new();
        for address in addresses {
            let found = self.known.entry(address).or_insert_with(|| {
                let first = self.frames.len();
                let names = self.names.at(address).into_iter();
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
