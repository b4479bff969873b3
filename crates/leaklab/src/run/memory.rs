//! Searches the memory of another process for known values, through `/proc`, which a
//! process may read of its children.
//!
//! A freed block keeps its bytes except the first few, where the allocator links its
//! free blocks. So this searches for the ends of values and then compares the rest.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Memory is read in pieces of this many bytes: a piece that cannot be read is skipped.
const PIECE_BYTES: usize = 1 << 20;

/// Bytes at the end of a value that identify it. glibc's allocator writes to the first
/// 16 bytes of a free block, and to more only in large ones.
const END_BYTES: usize = 16;

/// The values to search for: distinct, of one length, with distinct ends.
#[derive(Debug)]
pub struct Values {
    /// By their last [`END_BYTES`]: number of the value, and its other bytes.
    by_end: HashMap<[u8; END_BYTES], (usize, Vec<u8>)>,
    /// Whether an end begins with these two bytes. It spares most of the look-ups.
    begins: Vec<bool>,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// How many of the values were found, whole, at least once.
    pub values: usize,
    /// Whole values, with repetitions.
    pub copies: u64,
    /// Copies between quotation marks: part of a JSON text instead of a string.
    pub in_text: u64,
    /// Ends of values whose beginning has been overwritten.
    pub ends: u64,
    /// Copies and ends by the kind of memory: the first heap of the program
    /// (`[heap]`), a mapping without a name, such as further heaps (`anonymous`), a
    /// stack, a file.
    pub places: BTreeMap<String, u64>,
    /// Bytes that were searched.
    pub searched_bytes: u64,
    /// Bytes of writable memory that could not be read.
    pub unreadable_bytes: u64,
}

impl Values {
    /// Values to search for.
    ///
    /// # Errors
    /// There is none, they differ in length, or their ends are short or the same.
    pub fn new(values: impl IntoIterator<Item = String>) -> Result<Self> {
        let (mut length, mut by_end) = (None, HashMap::new());
        let mut begins = vec![false; 1 << 16];
        for (number, value) in values.into_iter().enumerate() {
            if *length.get_or_insert(value.len()) != value.len() {
                bail!("the values to search for differ in length");
            }
            let Some((rest, end)) = value.as_bytes().split_last_chunk() else {
                bail!("the values to search for are shorter than {END_BYTES} bytes");
            };
            begins[pair(end)] = true;
            if by_end.insert(*end, (number, rest.to_vec())).is_some() {
                bail!("two of the values to search for have the same end");
            }
        }
        length.context("there is no value to search for")?;
        Ok(Self { by_end, begins })
    }
}

/// The first two bytes as one number.
fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// Checks that this system shows the memory of processes in `/proc`.
///
/// # Errors
/// It does not; the message says what is needed.
pub fn can_search() -> Result<()> {
    if !std::path::Path::new("/proc/self/maps").exists() {
        bail!("this system has no /proc/PID/maps: searching memory needs Linux");
    }
    Ok(())
}

/// Searches all memory that the process can write to. The process must be at rest: data
/// that moves during the search may be missed or found twice.
///
/// # Errors
/// There is no such process, or it is not one that this one may read.
pub fn search(process: u32, values: &Values) -> Result<Found> {
    can_search()?;
    let maps = format!("/proc/{process}/maps");
    let regions = std::fs::read_to_string(&maps)
        .with_context(|| format!("cannot read {maps}: has the process ended?"))?;
    let mem = format!("/proc/{process}/mem");
    let memory = File::open(&mem).with_context(|| {
        format!("cannot read {mem}: is the process a child of this one?")
    })?;
    let mut search = Search::new(values);
    for (addresses, kind) in regions.lines().filter_map(region) {
        search.region(addresses, kind, |piece, at| memory.read_at(piece, at));
    }
    Ok(search.found())
}

/// The addresses and the kind of memory in a line of `maps`, if the process may read and
/// write it: `7f12c0000000-7f12c0021000 rw-p 00000000 00:00 0    [heap]`.
fn region(line: &str) -> Option<(Range<u64>, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    let addresses = address(start)?..address(end)?;
    if !words.next()?.starts_with("rw") {
        return None;
    }
    let kind = match words.nth(3) {
        None => "anonymous",
        Some(name) if name.starts_with('[') => name,
        Some(_) => "file",
    };
    Some((addresses, kind))
}

struct Search<'a> {
    values: &'a Values,
    met: Vec<bool>,
    found: Found,
}

impl<'a> Search<'a> {
    fn new(values: &'a Values) -> Self {
        let met = vec![false; values.by_end.len()];
        Self { values, met, found: Found::default() }
    }

    fn found(mut self) -> Found {
        self.found.values = self.met.into_iter().filter(|&met| met).count();
        self.found
    }

    /// Reads a region and searches it.
    fn region(
        &mut self,
        addresses: Range<u64>,
        kind: &str,
        read_at: impl Fn(&mut [u8], u64) -> std::io::Result<usize>,
    ) {
        let mut bytes = Vec::new();
        let mut at = addresses.start;
        while at < addresses.end {
            let left = usize::try_from(addresses.end - at).unwrap_or(usize::MAX);
            let (before, wanted) = (bytes.len(), left.min(PIECE_BYTES));
            bytes.resize(before + wanted, 0);
            match read_at(&mut bytes[before..], at) {
                Ok(read @ 1..) => {
                    bytes.truncate(before + read);
                    self.found.searched_bytes += read as u64;
                    at += read as u64;
                }
                // Guard pages and device memory are mapped and cannot be read.
                _ => {
                    self.search(&bytes[..before], kind);
                    bytes.clear();
                    self.found.unreadable_bytes += wanted as u64;
                    at += wanted as u64;
                }
            }
        }
        self.search(&bytes, kind);
    }

    fn search(&mut self, bytes: &[u8], kind: &str) {
        let Values { begins, by_end, .. } = self.values;
        for (at, window) in bytes.windows(END_BYTES).enumerate() {
            let known = begins[pair(window)].then(|| by_end.get(window)).flatten();
            let Some((number, rest)) = known else { continue };
            *self.found.places.entry(kind.to_owned()).or_insert(0) += 1;
            if let Some(before) = bytes[..at].strip_suffix(&rest[..]) {
                let after = bytes.get(at + END_BYTES);
                let quoted = before.last() == Some(&b'"') && after == Some(&b'"');
                self.met[*number] = true;
                self.found.copies += 1;
                self.found.in_text += u64::from(quoted);
            } else {
                self.found.ends += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[&str]) -> Result<Values> {
        Values::new(values.iter().map(ToString::to_string))
    }

    /// Searches bytes as though they were a region, `step` bytes at a time.
    fn search(memory: &[u8], step: usize, wanted: &[&str]) -> Found {
        let values = values(wanted).unwrap();
        let mut search = Search::new(&values);
        let addresses = 0..memory.len() as u64;
        search.region(addresses, "test", |piece, at| {
            let rest = &memory[at as usize..];
            let read = step.min(rest.len()).min(piece.len());
            piece[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        });
        search.found()
    }

    const A: &str = "card-aaaaaaaaaaaaaaaa";
    const B: &str = "card-abbbbbbbbbbbbbbb";
    const Z: &str = "card-zzzzzzzzzzzzzzzz";

    #[test]
    fn every_copy_counts_once_wherever_pieces_meet() {
        let end = "....-abbbbbbbbbbbbbbb";
        let memory = format!("{A}..{B}{{\"{A}\":\"{end}\"}}card-card-{end}{B}");
        for step in 1..=memory.len() {
            let found = search(memory.as_bytes(), step, &[A, B, Z]);
            let Found { values, copies, in_text, ends, places, .. } = found;
            let counts = (values, copies, in_text, ends, places["test"]);
            assert_eq!(counts, (2, 4, 1, 2, 6), "{step} bytes at a time");
        }
    }

    #[test]
    fn memory_that_cannot_be_read_separates() {
        let values = values(&[A]).unwrap();
        let mut search = Search::new(&values);
        let addresses = 0..3 * PIECE_BYTES as u64;
        search.region(addresses, "test", |piece, at| match at {
            0 => {
                piece[PIECE_BYTES - 5..].copy_from_slice(&A.as_bytes()[..5]);
                Ok(PIECE_BYTES)
            }
            at if at == PIECE_BYTES as u64 => Err(std::io::ErrorKind::Other.into()),
            _ => {
                piece[..16].copy_from_slice(&A.as_bytes()[5..]);
                Ok(PIECE_BYTES)
            }
        });
        let found = search.found();
        assert_eq!((found.copies, found.ends), (0, 1));
        assert_eq!(found.unreadable_bytes, PIECE_BYTES as u64);
    }

    #[test]
    fn only_readable_and_writable_regions_count() {
        let heap = "55d0c000-55d0e000 rw-p 00000000 00:00 0    [heap]";
        assert_eq!(region(heap), Some((0x55d0_c000..0x55d0_e000, "[heap]")));
        let unnamed = "7f00-7f10 rw-p 00000000 00:00 0 ";
        assert_eq!(region(unnamed), Some((0x7f00..0x7f10, "anonymous")));
        let data = "1000-2000 rw-p 00001000 fe:01 77    a program with spaces";
        assert_eq!(region(data), Some((0x1000..0x2000, "file")));
        assert_eq!(region("1000-2000 r--p 00000000 00:00 0"), None);
        assert_eq!(region("1000-2000 ---p 00000000 00:00 0"), None);
        assert_eq!(region("no line of maps"), None);
    }

    #[test]
    fn values_that_cannot_be_searched_for_are_refused() {
        assert!(values(&[]).is_err());
        assert!(values(&["short"]).is_err());
        assert!(values(&[A, "card-1aaaaaaaaaaaaaaaaa"]).is_err());
        assert!(values(&[A, A]).is_err());
        assert!(values(&[A, B]).is_ok());
    }
}
