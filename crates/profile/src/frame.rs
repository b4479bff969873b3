//! A frame of a call stack: the function and the line.

use super::name;
use std::fmt;

/// A frame of a call stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function, with its path and without its address.
    pub function: String,
    /// `src/lessons/l11_session_cache.rs:42`, or empty when it is not known.
    pub place: String,
}

/// A frame as it stands in a profile's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRef<'a> {
    /// The function, with its path and without its address.
    pub function: &'a str,
    /// File and line, or empty when they are not known.
    pub place: &'a str,
}

impl<'a> FrameRef<'a> {
    /// Reads `0x55d0: leaky::main (src/main.rs:12:5)`.
    pub(super) fn parse(text: &'a str) -> Self {
        let text = match text.split_once(": ") {
            Some((address, rest)) if address.starts_with("0x") => rest,
            _ => text,
        };
        let (function, place) =
            match text.strip_suffix(')').and_then(|t| t.rsplit_once(" (")) {
                Some(parts) => parts,
                None => (text, ""),
            };
        // Rust frames end in line and column, C frames in the line alone.
        let place = match place.rsplit_once(':') {
            Some((head, _)) if head.contains(':') => head,
            _ => place,
        };
        Self { function, place }
    }

    /// The function as a person would call it: without closures, generic arguments and
    /// hashes; empty for what is a closure and nothing else.
    pub fn name(&self) -> String {
        name::plain(self.function)
    }

    /// The function's last name, with that of its type: `Sessions::put`.
    pub fn short(&self) -> String {
        name::short(&self.name()).to_owned()
    }

    /// The place without the line.
    pub fn path(&self) -> &'a str {
        match self.place.rsplit_once(':') {
            Some((path, line)) if line.bytes().all(|b| b.is_ascii_digit()) => path,
            _ => self.place,
        }
    }

    /// The line, or 0 when it is not known.
    pub fn line(&self) -> u64 {
        let line = self.place.rsplit_once(':').map(|(_, line)| line.parse());
        line.and_then(Result::ok).unwrap_or(0)
    }

    /// The file without the version of its package, so that a later one has the same:
    /// `bytes/src/bytes_mut.rs`.
    pub(super) fn file(&self) -> String {
        let folders: Vec<_> = self.path().split('/').map(without_version).collect();
        folders.join("/")
    }

    /// Whether a frame says only that memory was asked for, not by whom: the allocator,
    /// dhat, the standard library. The latter's files lie under `library/`, of which
    /// dhat keeps three components.
    pub fn only_asks_for_memory(&self) -> bool {
        const FUNCTIONS: &[&str] =
            &["alloc::", "core::", "std::", "hashbrown::", "__r"];
        const PLACES: &[&str] = &[
            "alloc/src/",
            "core/src/",
            "std/src/",
            "src/raw_vec/",
            "src/vec/",
            "src/boxed/",
            "src/collections/",
            "btree/map/",
            "collections/btree/",
            "collections/hash/",
            "collections/vec_deque/",
            "src/convert/",
            "src/slice/",
            "dhat-",
            "heap/src/alloc.rs",
            "hashbrown-",
            "src/raw/",
            // As valgrind names files: its own, and those of the library.
            "vg_replace_malloc.c",
            "library/",
            "???",
        ];
        let function = self.function.trim_start_matches(['<', '&']);
        FUNCTIONS.iter().any(|library| function.starts_with(library))
            || PLACES.iter().any(|library| self.place.starts_with(library))
            || self.place.contains("/vgpreload_")
            || self.is_bare_and_of_the_library()
    }

    /// rustc leaves out the path of an inlined function, and valgrind the folders of a
    /// file. Then a file of a name that the library has is taken for the library's.
    fn is_bare_and_of_the_library(&self) -> bool {
        const FILES: &[&str] = &[
            "src/ffi/os_str.rs",
            "src/future/future.rs",
            "src/io/mod.rs",
            "src/ops/function.rs",
            "src/panic/unwind_safe.rs",
            "src/ptr/mod.rs",
            "src/str/mod.rs",
            "src/sys/backtrace.rs",
            "src/thread/local.rs",
            "alloc.rs",
            "boxed.rs",
            "clone.rs",
            "convert.rs",
            "fmt.rs",
            "function.rs",
            "mod.rs",
            "node.rs",
            "option.rs",
            "panic.rs",
            "panicking.rs",
            "rt.rs",
            "slice.rs",
            "spec_from_elem.rs",
            "string.rs",
            "sync.rs",
        ];
        const FOLDERS: &[&str] = &[
            "iter/adapters/",
            "iter/traits/",
            "sync/once/",
            "sys/fs/",
            "sys/os_str/",
        ];
        let name = self.function.split('<').next().unwrap_or_default();
        let known = FILES.contains(&self.path())
            || FOLDERS.iter().any(|folder| self.place.starts_with(folder));
        known && !name.contains("::")
    }
}

impl From<FrameRef<'_>> for Frame {
    fn from(frame: FrameRef<'_>) -> Self {
        let FrameRef { function, place } = frame;
        Self { function: function.to_owned(), place: place.to_owned() }
    }
}

impl Frame {
    /// The same, borrowed.
    pub fn as_ref(&self) -> FrameRef<'_> {
        FrameRef { function: &self.function, place: &self.place }
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.function),
            place => write!(f, "{} ({place})", self.function),
        }
    }
}

/// `bytes` of `bytes-1.12.2`.
pub(super) fn without_version(folder: &str) -> &str {
    match folder.rsplit_once('-') {
        Some((name, version))
            if version.starts_with(|c: char| c.is_ascii_digit())
                && version.contains('.') =>
        {
            name
        }
        _ => folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_c_code_and_without_place_are_read_too() {
        let frame = FrameRef::parse("0x48: malloc (vg_replace_malloc.c:381)");
        assert_eq!(frame.place, "vg_replace_malloc.c:381");
        assert_eq!((frame.path(), frame.line()), ("vg_replace_malloc.c", 381));
        assert!(frame.only_asks_for_memory());
        let preloaded = "0x4: calloc (in /usr/lib/valgrind/vgpreload_dhat-amd64.so)";
        assert!(FrameRef::parse(preloaded).only_asks_for_memory());
        let bare = FrameRef::parse("0x5: allocate<u8> (alloc.rs:429)");
        assert!(bare.only_asks_for_memory());
        let own = FrameRef::parse("0x6: my::pool::allocate (alloc.rs:7)");
        assert!(!own.only_asks_for_memory());
        let object = FrameRef::parse("0x9: puts (in /usr/lib/libc.so.6)");
        assert_eq!((object.path(), object.line()), ("in /usr/lib/libc.so.6", 0));
        assert_eq!(FrameRef::parse("0x7f: ???").function, "???");
        assert_eq!(FrameRef::parse("[root]").function, "[root]");
    }

    #[test]
    fn a_file_keeps_its_name_when_its_package_is_updated() {
        let file = |place: &str| {
            let text = format!("0x1: f ({place}:795:3)");
            FrameRef::parse(&text).file()
        };
        assert_eq!(file("bytes-1.12.2/src/bytes_mut.rs"), "bytes/src/bytes_mut.rs");
        assert_eq!(file("src/lessons/l11.rs"), "src/lessons/l11.rs");
        assert_eq!(file("well-known/src/lib.rs"), "well-known/src/lib.rs");
    }
}
