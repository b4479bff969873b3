//! Names for addresses: function, file and line, from the debug information of the files
//! that a process has in memory.

use crate::Error;
use crate::library::FILE;
use crate::maps::{self, Mapping, within};
use addr2line::{Loader, demangle_auto};
use std::collections::HashMap;
use std::path::PathBuf;

/// Names for the addresses of a process.
pub(crate) struct Names {
    process: u32,
    maps: Vec<Mapping>,
    files: HashMap<PathBuf, Option<Loader>>,
}

impl Names {
    pub(crate) fn of(process: u32) -> Result<Self, Error> {
        Ok(Self { process, maps: maps::of(process)?, files: HashMap::new() })
    }

    /// The functions at an address, innermost first: one, and those into which it is
    /// inlined. Each as dhat writes it, `NAME (FILE:LINE:COLUMN)`, or with the file of
    /// the code if the line is not known. None for code of the preloaded library.
    pub(crate) fn at(&mut self, address: u64) -> Vec<String> {
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
        let file = self.files.entry(path.clone());
        let open = || Loader::new(within(self.process, path)).ok();
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
