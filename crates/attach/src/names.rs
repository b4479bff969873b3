//! Names for addresses: function, file and line, from the debug information of the files
//! that a process has in memory.

use crate::Error;
use crate::library::FILE;
use crate::maps::{self, Mapping};
use addr2line::{Loader, demangle_auto};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// What names of functions begin with that only pass a request for memory on. dhat
/// leaves out the same.
const ALLOCATORS: [&str; 5] =
    ["alloc::alloc::", "<alloc::alloc::", "__rustc::", "__rust_alloc", "__rdl_"];

/// The debug information of files, which takes a second to read for a large program.
#[derive(Default)]
pub(crate) struct Files(HashMap<PathBuf, Option<Loader>>);

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Names for the addresses of a process.
pub(crate) struct Names<'a> {
    process: u32,
    maps: Vec<Mapping>,
    files: &'a mut Files,
    /// Texts of frames. An address has one, and more if functions are inlined there.
    pub(crate) table: Vec<String>,
    known: HashMap<u64, Range<usize>>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(process: u32, files: &'a mut Files) -> Result<Self, Error> {
        let (maps, table) = (maps::of(process)?, vec!["[root]".to_owned()]);
        Ok(Self { process, maps, files, table, known: HashMap::new() })
    }

    /// A call stack up to the first 0, without the functions that only pass the request
    /// on: indices of the table, innermost first.
    pub(crate) fn stack(&mut self, addresses: &[u64]) -> Vec<usize> {
        let mut indices = Vec::new();
        for address in addresses.iter().take_while(|address| **address != 0) {
            if !self.known.contains_key(address) {
                let (names, first) =
                    (self.at(*address).into_iter(), self.table.len());
                self.table.extend(names.map(|name| format!("{address:#x}: {name}")));
                self.known.insert(*address, first..self.table.len());
            }
            indices.extend(self.known[address].clone());
        }
        let passes = |index: &usize| {
            let name = self.table[*index].split_once(": ").map_or("", |(_, n)| n);
            ALLOCATORS.iter().any(|begin| name.starts_with(begin))
        };
        let skipped = indices.iter().rposition(passes).map_or(0, |last| last + 1);
        if skipped < indices.len() {
            indices.drain(..skipped);
        }
        indices
    }

    /// The functions at an address, innermost first: one, and those into which it is
    /// inlined. Each as dhat writes it, `NAME (FILE:LINE:COLUMN)`, or with the file of
    /// the code if the line is not known. None for code of the preloaded library.
    fn at(&mut self, address: u64) -> Vec<String> {
        let mut maps = self.maps.iter();
        let Some(mapping) = maps.find(|m| m.range.contains(&address)) else {
            return vec!["??? (???:0:0)".to_owned()];
        };
        let path = &mapping.path;
        if path.ends_with(FILE) {
            return Vec::new();
        }
        let first = self.maps.iter().find(|m| m.offset == 0 && m.path == *path);
        let start = first.map_or(0, |first| first.range.start);
        let file = self.files.0.entry(path.clone());
        let open = || Loader::new(mapping.file(self.process)?).ok();
        let found = file.or_insert_with(open).as_ref();
        let found = found.map(|file| functions(file, address, start));
        let found = found.filter(|found| !found.is_empty());
        let found = found.unwrap_or_else(|| vec![("???".to_owned(), None)]);
        let text = |(name, place): (String, Option<String>)| match place {
            Some(place) => format!("{name} ({place})"),
            None => format!("{name} (in {})", path.display()),
        };
        found.into_iter().map(text).collect()
    }
}

/// The functions at an address of a file that begins at `start`, each with file and line
/// if they are known.
fn functions(
    file: &Loader,
    address: u64,
    start: u64,
) -> Vec<(String, Option<String>)> {
    // A program that cannot be moved is where its file says.
    let text = file.get_section_range(b".text");
    let fixed = text.is_some_and(|text| (text.begin..text.end).contains(&address));
    let address = if fixed { address } else { address - start };
    let symbol = || {
        let name = file.find_symbol(address)?;
        Some(demangle_auto(name.into(), None).into_owned())
    };
    let mut found = Vec::new();
    let mut frames = file.find_frames(address).ok();
    while let Some(Ok(Some(frame))) = frames.as_mut().map(|frames| frames.next()) {
        let function = frame.function.as_ref();
        let name = function.and_then(|f| Some(f.demangle().ok()?.into_owned()));
        let place = frame.location.and_then(|at| {
            let (line, column) = (at.line.unwrap_or(0), at.column.unwrap_or(0));
            Some(format!("{}:{line}:{column}", short(at.file?)))
        });
        found
            .push((name.or_else(symbol).unwrap_or_else(|| "???".to_owned()), place));
    }
    if found.is_empty() {
        found.extend(symbol().map(|name| (name, None)));
    }
    found
}

/// The last three components of a path, as in dhat.
fn short(path: &str) -> &str {
    path.rmatch_indices('/').nth(2).map_or(path, |(at, _)| &path[at + 1..])
}
