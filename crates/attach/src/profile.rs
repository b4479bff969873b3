//! A window's call stacks as dhat writes them: JSON, version 2, mode `rust-heap`.

use crate::Error;
use crate::layout::{Header, Stack};
use crate::names::{Files, Names};
use serde_json::{Map, Value, json};
use std::fs;
use std::mem::offset_of;

/// dhat's names for the first fields of a [`Stack`].
const COUNTS: [&str; 9] = ["tb", "tbk", "eb", "ebk", "mb", "mbk", "gb", "gbk", "tl"];

/// The profile of a window in the words of its [`Header`], which is `None` if nothing was
/// allocated, and of each [`Stack`]; and the time in nanoseconds when it was closed.
pub(crate) fn write(
    process: u32,
    files: &mut Files,
    header: Option<Vec<u64>>,
    stacks: Vec<Vec<u64>>,
    end: u64,
) -> Result<Vec<u8>, Error> {
    let mut names = Names::of(process, files)?;
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
        let frames = names.stack(&stack[offset_of!(Stack, frames) / 8..]);
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
        "ftbl": names.table,
    });
    Ok(profile.to_string().into_bytes())
}
