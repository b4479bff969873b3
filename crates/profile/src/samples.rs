//! A small profile and its variations, for the tests.

use crate::Profile;

pub(crate) const PROFILE: &str = r#"{
    "dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated",
    "bklt": true, "bkacc": false, "tu": "µs", "Mtu": "s", "tuth": 10,
    "cmd": "target/debug/leaky", "pid": 1, "tg": 5, "te": 9,
    "pps": [
        {"tb": 90, "tbk": 9, "tl": 18, "mb": 50, "mbk": 5, "gb": 50, "gbk": 5,
         "eb": 50, "ebk": 5, "fs": [1, 2, 4]},
        {"tb": 30, "tbk": 1, "tl": 1, "mb": 30, "mbk": 1, "gb": 30, "gbk": 1,
         "eb": 30, "ebk": 1, "fs": [1, 3, 2, 4]},
        {"tb": 40, "tbk": 4, "tl": 1, "mb": 40, "mbk": 4, "gb": 40, "gbk": 4,
         "eb": 40, "ebk": 4, "fs": [1, 3, 4]},
        {"tb": 70, "tbk": 7, "tl": 1, "mb": 70, "mbk": 7, "gb": 70, "gbk": 7,
         "eb": 0, "ebk": 0, "fs": [3]}
    ],
    "ftbl": ["[root]",
        "0x1: <alloc::vec::Vec<T> as core::clone::Clone>::clone (src/vec/mod.rs:9:1)",
        "0x2: leaky::lessons::keep::{{closure}} (src/lessons/keep.rs:42:17)",
        "0x3: bytes::bytes_mut::BytesMut::reserve (bytes/src/bytes_mut.rs:7:3)",
        "0x4: main (src/main.rs:3:5)"]
}"#;

/// The profile as it stands.
pub(crate) fn profile() -> Profile {
    Profile::parse(PROFILE.as_bytes()).unwrap()
}

/// The profile with these texts replaced.
pub(crate) fn edited(edits: &[(&str, &str)]) -> Profile {
    let edit = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "the sample has no {from}");
        text.replace(from, to)
    };
    let text = edits.iter().fold(PROFILE.to_owned(), edit);
    Profile::parse(text.as_bytes()).unwrap()
}
