//! A frame of a call stack: the function and the line.

use std::fmt;

/// A frame of a call stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function, with its path and without its address.
    pub function: String,
    /// `src/lessons/l11_session_cache.rs:42`, or empty when it is not known.
    pub place: String,
}

impl Frame {
    /// Reads `0x55d0: leaky::main (src/main.rs:12:5)`.
    pub(super) fn parse(text: &str) -> Self {
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
        Self { function: function.to_owned(), place: place.to_owned() }
    }

    /// The file alone, without the version of its package, so that a later one has
    /// the same: `bytes/src/bytes_mut.rs`.
    pub(super) fn file(&self) -> String {
        let file =
            self.place.rsplit_once(':').map_or(&*self.place, |(file, _)| file);
        let folders: Vec<_> = file.split('/').map(without_version).collect();
        folders.join("/")
    }

    /// The line, or 0 when it is not known.
    pub(super) fn line(&self) -> u64 {
        let line = self.place.rsplit_once(':').map(|(_, line)| line.parse());
        line.and_then(Result::ok).unwrap_or(0)
    }

    /// Whether a frame says only that memory was asked for, not by whom: the allocator,
    /// dhat, the standard library. The latter's files lie under `library/`, of which
    /// dhat keeps three components.
    pub(super) fn only_asks_for_memory(&self) -> bool {
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
            "collections/btree/",
            "collections/hash/",
            "collections/vec_deque/",
            "src/convert/",
            "src/slice/",
            "dhat-",
            "heap/src/alloc.rs",
            "hashbrown-",
            "src/raw/",
            "???",
        ];
        let function = self.function.trim_start_matches(['<', '&']);
        FUNCTIONS.iter().any(|library| function.starts_with(library))
            || PLACES.iter().any(|library| self.place.starts_with(library))
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
fn without_version(folder: &str) -> &str {
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
        let frame = Frame::parse("0x48: malloc (vg_replace_malloc.c:381)");
        assert_eq!(frame.place, "vg_replace_malloc.c:381");
        assert_eq!(frame.line(), 381);
        assert_eq!(Frame::parse("0x7f: ???").function, "???");
        assert_eq!(Frame::parse("[root]").function, "[root]");
    }

    #[test]
    fn a_file_keeps_its_name_when_its_package_is_updated() {
        let file = |place: &str| Frame::parse(&format!("0x1: f ({place})")).file();
        assert_eq!(
            file("bytes-1.12.2/src/bytes_mut.rs:795:3"),
            "bytes/src/bytes_mut.rs"
        );
        assert_eq!(file("src/lessons/l11.rs:42:3"), "src/lessons/l11.rs");
        assert_eq!(file("well-known/src/lib.rs:1:2"), "well-known/src/lib.rs");
    }
}
