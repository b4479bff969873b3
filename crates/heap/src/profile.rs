//! dhat profiles: read, and ranked by what survives.
//!
//! The format is version 2 of the one that valgrind's DHAT defined
//! (`dhat/dh_main.c` there, `src/lib.rs` of dhat 0.3.3): a table of frame texts,
//! and for every call stack its counts and the indices of its frames, innermost
//! first.

use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;

/// The one version there is in the field.
const VERSION: u32 = 2;

/// Why a text is no heap profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON, or not dhat's.
    #[error("not a dhat profile")]
    Format(#[from] serde_json::Error),
    /// A later format than [`VERSION`].
    #[error("dhat file version {0} is not supported, only {VERSION}")]
    Version(u32),
    /// dhat also counts copies and events of the user's own.
    #[error("the profile counts {0}, not the heap")]
    Mode(String),
    /// A call stack that names a frame outside the table.
    #[error("a call stack names frame {0}, which the file does not have")]
    Frame(usize),
}

/// A whole profile.
#[derive(Debug, Deserialize)]
pub struct Profile {
    #[serde(rename = "dhatFileVersion")]
    version: u32,
    mode: String,
    #[serde(rename = "pps")]
    points: Vec<Point>,
    #[serde(rename = "ftbl")]
    frames: Vec<String>,
}

/// A call stack and its counts; dhat calls it a program point.
#[derive(Debug, Deserialize)]
struct Point {
    #[serde(rename = "eb", default)]
    end_bytes: u64,
    #[serde(rename = "ebk", default)]
    end_blocks: u64,
    #[serde(rename = "fs")]
    frames: Vec<usize>,
}

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
    fn parse(text: &str) -> Self {
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
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.function),
            place => write!(f, "{} ({place})", self.function),
        }
    }
}

/// Call stacks that belong together, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Bytes allocated in the window and live at its end.
    pub bytes: u64,
    /// Blocks allocated in the window and live at its end.
    pub blocks: u64,
    /// The innermost frame of the code that was asked for.
    pub own_frame: Option<Frame>,
    /// The call stack that holds the most of it, innermost first.
    pub frames: Vec<Frame>,
}

impl Profile {
    /// Reads a heap profile.
    ///
    /// # Errors
    /// [`ProfileError`] says what the text is instead.
    pub fn parse(json: &[u8]) -> Result<Self, ProfileError> {
        let profile: Self = serde_json::from_slice(json)?;
        if profile.version != VERSION {
            return Err(ProfileError::Version(profile.version));
        }
        if !matches!(profile.mode.as_str(), "rust-heap" | "heap") {
            return Err(ProfileError::Mode(profile.mode));
        }
        let known = profile.frames.len();
        let named = profile.points.iter().flat_map(|point| &point.frames);
        match named.copied().find(|&frame| frame >= known) {
            Some(frame) => Err(ProfileError::Frame(frame)),
            None => Ok(profile),
        }
    }

    /// Bytes live at the end, of all that was allocated in the window.
    pub fn surviving_bytes(&self) -> u64 {
        self.points.iter().map(|point| point.end_bytes).sum()
    }

    /// What survived, largest first. Call stacks count as one site when the
    /// innermost frame whose place satisfies `own` is the same line; those
    /// without such a frame are grouped by the innermost frame outside the
    /// standard library.
    pub fn surviving_sites(&self, own: impl Fn(&str) -> bool) -> Vec<Site> {
        let frames: Vec<Frame> =
            self.frames.iter().map(|text| Frame::parse(text)).collect();
        let is_own: Vec<bool> =
            frames.iter().map(|frame| own(&frame.place)).collect();
        let is_std: Vec<bool> = frames.iter().map(is_standard_library).collect();

        let mut groups: HashMap<(bool, &str, &str), Group<'_>> = HashMap::new();
        for point in self.points.iter().filter(|point| point.end_bytes > 0) {
            let own_frame = point.frames.iter().copied().find(|&f| is_own[f]);
            let named = own_frame
                .or_else(|| point.frames.iter().copied().find(|&f| !is_std[f]))
                .or_else(|| point.frames.first().copied());
            let key = named.map_or((false, "", ""), |f| match own_frame {
                Some(_) => (true, frames[f].place.as_str(), ""),
                None => {
                    (false, frames[f].place.as_str(), frames[f].function.as_str())
                }
            });
            groups
                .entry(key)
                .or_insert(Group { own_frame, bytes: 0, blocks: 0, largest: point })
                .add(point);
        }

        let mut sites: Vec<Site> = groups
            .into_values()
            .map(|group| Site {
                bytes: group.bytes,
                blocks: group.blocks,
                own_frame: group.own_frame.map(|f| frames[f].clone()),
                frames: group
                    .largest
                    .frames
                    .iter()
                    .map(|&f| frames[f].clone())
                    .collect(),
            })
            .collect();
        // Ties in a fixed order: two runs of one program print the same list.
        sites.sort_by(|a, b| {
            let place = |site: &Site| site.frames.first().map(|f| f.place.clone());
            b.bytes.cmp(&a.bytes).then_with(|| place(a).cmp(&place(b)))
        });
        sites
    }
}

struct Group<'a> {
    own_frame: Option<usize>,
    bytes: u64,
    blocks: u64,
    largest: &'a Point,
}

impl<'a> Group<'a> {
    fn add(&mut self, point: &'a Point) {
        self.bytes += point.end_bytes;
        self.blocks += point.end_blocks;
        if point.end_bytes > self.largest.end_bytes {
            self.largest = point;
        }
    }
}

/// Whether a frame only says that memory was asked for, not by whom.
fn is_standard_library(frame: &Frame) -> bool {
    let function = frame.function.trim_start_matches(['<', '&']);
    ["alloc::", "core::", "std::", "hashbrown::", "__rust"]
        .iter()
        .any(|library| function.starts_with(library))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = r#"{
        "dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated",
        "bklt": true, "bkacc": false, "tu": "µs", "Mtu": "s", "tuth": 10,
        "cmd": "target/debug/leaky", "pid": 1, "tg": 5, "te": 9,
        "pps": [
            {"tb": 90, "tbk": 9, "tl": 1, "mb": 50, "mbk": 5, "gb": 50, "gbk": 5,
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

    fn profile() -> Profile {
        Profile::parse(PROFILE.as_bytes()).unwrap()
    }

    #[test]
    fn stacks_that_share_a_line_of_own_code_are_one_site() {
        let sites =
            profile().surviving_sites(|place| place.starts_with("src/lessons/"));
        let held: Vec<_> =
            sites.iter().map(|site| (site.bytes, site.blocks)).collect();
        assert_eq!(held, [(80, 6), (40, 4)]);
        let own = sites[0].own_frame.as_ref().unwrap();
        assert_eq!(own.place, "src/lessons/keep.rs:42");
        assert_eq!(own.function, "leaky::lessons::keep::{{closure}}");
    }

    #[test]
    fn a_site_outside_own_code_still_shows_its_frames() {
        let sites =
            profile().surviving_sites(|place| place.starts_with("src/lessons/"));
        assert_eq!(sites[1].own_frame, None);
        assert_eq!(sites[1].frames[1].place, "bytes/src/bytes_mut.rs:7");
    }

    #[test]
    fn sites_add_up_to_what_survived() {
        let profile = profile();
        let sites = profile.surviving_sites(|_| false);
        assert_eq!(sites.iter().map(|site| site.bytes).sum::<u64>(), 120);
        assert_eq!(profile.surviving_bytes(), 120);
    }

    #[test]
    fn what_is_no_heap_profile_is_refused_with_a_reason() {
        let refuse = |from: &str, to: &str| {
            let text = PROFILE.replace(from, to);
            Profile::parse(text.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(refuse("\"pps\"", "\"qqs\""), "not a dhat profile");
        assert!(refuse("Version\": 2", "Version\": 3").contains("version 3"));
        assert!(refuse("rust-heap", "rust-ad-hoc").contains("rust-ad-hoc"));
        assert!(refuse("[1, 3, 4]", "[1, 3, 9]").contains("frame 9"));
    }

    #[test]
    fn frames_of_c_code_and_without_place_are_read_too() {
        let frame = Frame::parse("0x48: malloc (vg_replace_malloc.c:381)");
        assert_eq!(frame.place, "vg_replace_malloc.c:381");
        assert_eq!(Frame::parse("0x7f: ???").function, "???");
        assert_eq!(Frame::parse("[root]").function, "[root]");
    }
}
