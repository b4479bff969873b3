//! Which frames belong to the allocator and the standard library.
//!
//! They say that memory was asked for and don't say by whom. dhat keeps three
//! components of a path, so the library's files show as `src/vec/mod.rs` or
//! `alloc/src/vec/mod.rs`.

use crate::frame::FrameRef;

/// The standard library's crates. hashbrown implements its hash tables.
pub(crate) const CRATES: &[&str] = &["alloc", "core", "std", "hashbrown"];

/// Beginnings of the library's places.
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
    // valgrind's own file, and the library's files in its profiles.
    "vg_replace_malloc.c",
    "library/",
    "???",
];

/// Files of the library that other crates have, too.
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

/// Folders of the library that other crates have, too.
const FOLDERS: &[&str] =
    &["iter/adapters/", "iter/traits/", "sync/once/", "sys/fs/", "sys/os_str/"];

impl FrameRef<'_> {
    /// Whether the frame is of the allocator, of dhat or of the standard library.
    pub fn is_library(&self) -> bool {
        let path = self.function.trim_start_matches(['<', '&']);
        // `__rust_alloc` and its kind.
        path.starts_with("__r")
            || path.split_once("::").is_some_and(|(name, _)| CRATES.contains(&name))
            || PLACES.iter().any(|begin| self.place.starts_with(begin))
            || self.place.contains("/vgpreload_")
            || self.is_bare_and_in_a_library_file()
    }

    /// rustc leaves out the path of an inlined function, and valgrind the folders of a
    /// file. A function without a path counts as the library's if its file may be.
    fn is_bare_and_in_a_library_file(&self) -> bool {
        let name = self.function.split('<').next().unwrap_or_default();
        let known = FILES.contains(&self.path())
            || FOLDERS.iter().any(|folder| self.place.starts_with(folder));
        known && !name.contains("::")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_known_by_its_paths_and_its_files() {
        let library = [
            "0x1: alloc::vec::Vec<T>::push (somewhere.rs:1:2)",
            "0x2: <alloc::vec::Vec<T> as core::clone::Clone>::clone (src/a.rs:9:1)",
            "0x3: __rust_alloc (src/main.rs:9:15)",
            "0x4: allocate<u8> (alloc.rs:429)",
            "0x5: malloc (vg_replace_malloc.c:381)",
            "0x6: calloc (in /usr/lib/valgrind/vgpreload_dhat-amd64.so)",
            "0x7: clone3 (???:0:0)",
        ];
        let others = [
            "0x8: my::pool::allocate (alloc.rs:7)",
            "0x9: std_of_my_own::keep (src/lib.rs:7:1)",
            "0xa: keep (src/attic.rs:7:1)",
        ];
        let is = |text: &str| FrameRef::parse(text).is_library();
        assert!(library.iter().all(|text| is(text)));
        assert!(!others.iter().any(|text| is(text)));
    }
}
