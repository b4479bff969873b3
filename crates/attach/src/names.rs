//! Names for addresses: function, file and line, from the debug information of the files
//! that a process has in memory.

use crate::library::FILE;
use crate::maps::{Mapping, within};
use addr2line::{Loader, demangle_auto};
use object::{Object, ObjectSegment};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A file with its debug information, and where its parts want to be in memory.
struct Code {
    loader: Loader,
    /// Offset and size in the file, and address.
    segments: Vec<(u64, u64, u64)>,
}

impl Code {
    fn read(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        let file = object::File::parse(bytes.as_slice()).ok()?;
        let segments = file.segments().map(|segment| {
            let (offset, size) = segment.file_range();
            (offset, size, segment.address())
        });
        let segments = segments.collect();
        Some(Self { loader: Loader::new(path).ok()?, segments })
    }

    /// The functions at a place in the file, with file and line if they are known.
    fn at(&self, offset: u64) -> Vec<(String, Option<String>)> {
        let mut found = Vec::new();
        let mut segments = self.segments.iter();
        let segment =
            segments.find(|(at, size, _)| (*at..at + size).contains(&offset));
        let Some((start, _, address)) = segment else { return found };
        let address = offset - start + address;
        let symbol = || {
            let name = self.loader.find_symbol(address)?;
            Some(demangle_auto(name.into(), None).into_owned())
        };
        let mut frames = self.loader.find_frames(address).ok();
        while let Some(Ok(Some(frame))) = frames.as_mut().map(|frames| frames.next())
        {
            let function = frame.function.as_ref();
            let name = function.and_then(|f| Some(f.demangle().ok()?.into_owned()));
            let place = frame.location.and_then(|at| {
                let (line, column) = (at.line.unwrap_or(0), at.column.unwrap_or(0));
                Some(format!("{}:{line}:{column}", short(at.file?)))
            });
            found.push((name.or_else(symbol).unwrap_or("???".into()), place));
        }
        if found.is_empty() {
            found.extend(symbol().map(|name| (name, None)));
        }
        found
    }
}

/// Names for the addresses of a process.
pub(crate) struct Names {
    process: u32,
    maps: Vec<Mapping>,
    files: HashMap<PathBuf, Option<Code>>,
}

impl Names {
    pub(crate) fn new(process: u32, maps: Vec<Mapping>) -> Self {
        Self { process, maps, files: HashMap::new() }
    }

    /// The functions at an address, innermost first: one, and those into which it is
    /// inlined. Each as dhat writes it, `NAME (FILE:LINE:COLUMN)`, or with the file of
    /// the code if the line is not known. None for code of the preloaded library.
    pub(crate) fn at(&mut self, address: u64) -> Vec<String> {
        let mapping = self.maps.iter().find(|m| m.range.contains(&address));
        let Some(Mapping { range, offset, path }) = mapping else {
            return vec!["??? (???:0:0)".to_owned()];
        };
        if path.ends_with(FILE) {
            return Vec::new();
        }
        let code = self.files.entry(path.clone());
        let code = code.or_insert_with(|| Code::read(&within(self.process, path)));
        let found =
            code.as_ref().map(|code| code.at(address - range.start + offset));
        let found = found.filter(|found| !found.is_empty());
        let found = found.unwrap_or_else(|| vec![("???".into(), None)]);
        let text = |(name, place): (String, Option<String>)| match place {
            Some(place) => format!("{name} ({place})"),
            None => format!("{name} (in {})", path.display()),
        };
        found.into_iter().map(text).collect()
    }
}

/// The last three components of a path, as in dhat.
fn short(path: &str) -> &str {
    path.rmatch_indices('/').nth(2).map_or(path, |(at, _)| &path[at + 1..])
}
