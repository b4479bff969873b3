//! Runtimes whose objects are not in malloc's heap.

use crate::maps;
use object::{Object, ObjectSymbol};
use std::fs;
use std::path::Path;

/// Libraries of runtimes, and what is written for them.
const LIBRARIES: [(&str, &str); 3] =
    [("libjvm.so", "Java"), ("libcoreclr.so", ".NET"), ("libnode.so", "JavaScript")];
/// What native modules for Node.js call, in the programs of all runtimes that load them.
const MODULES: &str = "napi_create_object";

/// The language of a process whose runtime collects garbage in memory of its own.
pub fn with_garbage(process: u32) -> Option<&'static str> {
    let maps = maps::of(process).ok()?;
    let is_of = |path: &Path, library: &str| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(library)
    };
    let loaded =
        |(library, _): &&(&str, _)| maps.iter().any(|m| is_of(&m.path, library));
    let loaded = LIBRARIES.iter().find(loaded).map(|(_, language)| *language);
    loaded.or_else(|| {
        let program = fs::read(format!("/proc/{process}/exe")).ok()?;
        let program = object::File::parse(program.as_slice()).ok()?;
        let mut symbols = program.dynamic_symbols();
        let is_called =
            symbols.any(|s| s.is_definition() && s.name() == Ok(MODULES));
        is_called.then_some("JavaScript")
    })
}
