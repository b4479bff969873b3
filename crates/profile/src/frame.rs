//! A frame of a call stack: the function and the line.

use crate::name;
use std::fmt;

/// A frame in a profile's table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FrameRef<'a> {
    /// The function, with its path and without its address.
    pub function: &'a str,
    /// `src/cache.rs:42`, or empty when unknown.
    pub place: &'a str,
}

impl<'a> FrameRef<'a> {
    /// Reads `0x55d0: leaky::main (src/main.rs:12:5)`.
    pub(crate) fn parse(text: &'a str) -> Self {
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

    /// The function's path without closures, generic arguments and hashes; empty for a
    /// bare closure.
    pub fn name(&self) -> String {
        name::plain(self.function)
    }

    /// The function's name with its type: `Sessions::put`.
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

    /// The line, or 0 when unknown.
    pub fn line(&self) -> u64 {
        let line = self.place.rsplit_once(':').map(|(_, line)| line.parse());
        line.and_then(Result::ok).unwrap_or(0)
    }

    /// The file without the version of its package: `bytes/src/bytes_mut.rs`.
    pub(crate) fn file(&self) -> String {
        let folders: Vec<_> = self.path().split('/').map(without_version).collect();
        folders.join("/")
    }
}

impl fmt::Display for FrameRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            "" => f.write_str(self.function),
            place => write!(f, "{} ({place})", self.function),
        }
    }
}

/// `bytes` of `bytes-1.12.2`.
pub(crate) fn without_version(folder: &str) -> &str {
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
