//! dhat profiles: read, and ranked by what survives.
//!
//! The format is version 2 of the one that valgrind's DHAT defined
//! (`dhat/dh_main.c` there, `src/lib.rs` of dhat 0.3.3): a table of frame texts,
//! and for every call stack its counts and the indices of its frames, innermost
//! first.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// The one version there is in the field.
const VERSION: u32 = 2;

/// Why a text is no heap profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON, or not dhat's.
    #[error("not a dhat profile")]
    Format(#[from] serde_json::Error),
    /// A later format than version 2.
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
    #[serde(rename = "gb", default)]
    peak_bytes: u64,
    #[serde(rename = "gbk", default)]
    peak_blocks: u64,
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

/// Which moment of a window counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Its end: what survived.
    End,
    /// When most bytes were live: what made the peak.
    Peak,
}

/// Call stacks that belong together, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Bytes allocated in the window and live at the moment asked for; as the
    /// difference of two windows, it may be negative.
    pub bytes: i64,
    /// Blocks, likewise.
    pub blocks: i64,
    /// The innermost frame of the code that was asked for.
    pub own_frame: Option<Frame>,
    /// The call stack that holds the most of it, innermost first, from where the
    /// allocator and the standard library end.
    pub frames: Vec<Frame>,
}

/// What makes two call stacks one site: the line of own code, or else the innermost
/// frame outside the standard library.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    own: bool,
    place: String,
    function: String,
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

    /// What was held at this moment, largest first. Call stacks count as one site when
    /// the innermost frame whose place satisfies `own` is the same line.
    pub fn sites(&self, moment: Moment, own: impl Fn(&str) -> bool) -> Vec<Site> {
        ranked(self.grouped(moment, own))
    }

    /// What this window held more than an `earlier` one of the same process, largest
    /// growth first. Memory that is merely replaced (a connection's buffer) is in
    /// both alike and cancels out; what grows with the requests, or with the size of
    /// their input, does not, if this window had more of them.
    pub fn growth_since(
        &self,
        earlier: &Self,
        moment: Moment,
        own: impl Fn(&str) -> bool,
    ) -> Vec<Site> {
        let mut sites = self.grouped(moment, &own);
        for (key, before) in earlier.grouped(moment, &own) {
            let gone = Site { bytes: 0, blocks: 0, ..before.clone() };
            let site = sites.entry(key).or_insert(gone);
            site.bytes -= before.bytes;
            site.blocks -= before.blocks;
        }
        sites.retain(|_, site| site.bytes != 0);
        ranked(sites)
    }

    fn grouped(
        &self,
        moment: Moment,
        own: impl Fn(&str) -> bool,
    ) -> BTreeMap<Key, Site> {
        let frames: Vec<Frame> =
            self.frames.iter().map(|text| Frame::parse(text)).collect();
        let is_own: Vec<bool> =
            frames.iter().map(|frame| own(&frame.place)).collect();
        let is_std: Vec<bool> =
            frames.iter().map(Frame::only_asks_for_memory).collect();
        let mut sites: BTreeMap<Key, (Site, i64)> = BTreeMap::new();
        for point in &self.points {
            let (bytes, blocks) = point.held(moment);
            if bytes == 0 {
                continue;
            }
            let from = point.frames.iter().position(|&f| !is_std[f]).unwrap_or(0);
            let stack = &point.frames[from..];
            let own_frame = stack.iter().copied().find(|&f| is_own[f]);
            let key = match (own_frame, stack.first()) {
                (Some(f), _) => Key {
                    own: true,
                    place: frames[f].place.clone(),
                    function: String::new(),
                },
                (None, Some(&f)) => Key {
                    own: false,
                    place: frames[f].place.clone(),
                    function: frames[f].function.clone(),
                },
                (None, None) => {
                    Key { own: false, place: String::new(), function: String::new() }
                }
            };
            let named = || Site {
                bytes: 0,
                blocks: 0,
                own_frame: own_frame.map(|f| frames[f].clone()),
                frames: Vec::new(),
            };
            let (site, largest) = sites.entry(key).or_insert_with(|| (named(), 0));
            site.bytes += bytes;
            site.blocks += blocks;
            if bytes > *largest {
                *largest = bytes;
                site.frames = stack.iter().map(|&f| frames[f].clone()).collect();
            }
        }
        sites.into_iter().map(|(key, (site, _))| (key, site)).collect()
    }
}

impl Point {
    fn held(&self, moment: Moment) -> (i64, i64) {
        let (bytes, blocks) = match moment {
            Moment::End => (self.end_bytes, self.end_blocks),
            Moment::Peak => (self.peak_bytes, self.peak_blocks),
        };
        (bytes.cast_signed(), blocks.cast_signed())
    }
}

/// Largest first, and ties in the order of their keys: two runs of one program print
/// the same list.
fn ranked(sites: BTreeMap<Key, Site>) -> Vec<Site> {
    let mut sites: Vec<Site> = sites.into_values().collect();
    sites.sort_by_key(|site| std::cmp::Reverse(site.bytes));
    sites
}

impl Frame {
    /// Whether a frame says only that memory was asked for, not by whom: the allocator,
    /// dhat, the standard library. The latter's files lie under `library/`, of which
    /// dhat keeps three components.
    fn only_asks_for_memory(&self) -> bool {
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
            profile().sites(Moment::End, |place| place.starts_with("src/lessons/"));
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
            profile().sites(Moment::End, |place| place.starts_with("src/lessons/"));
        assert_eq!(sites[1].own_frame, None);
        assert_eq!(sites[1].frames[0].place, "bytes/src/bytes_mut.rs:7");
    }

    #[test]
    fn sites_add_up_to_what_survived() {
        let profile = profile();
        let sites = profile.sites(Moment::End, |_| false);
        assert_eq!(sites.iter().map(|site| site.bytes).sum::<i64>(), 120);
        assert_eq!(profile.surviving_bytes(), 120);
    }

    #[test]
    fn what_is_replaced_cancels_out_between_two_windows_and_growth_stays() {
        let own = |place: &str| place.starts_with("src/lessons/");
        let text =
            PROFILE.replace("\"eb\": 50, \"ebk\": 5", "\"eb\": 130, \"ebk\": 13");
        let later = Profile::parse(text.as_bytes()).unwrap();
        let growth = later.growth_since(&profile(), Moment::End, own);
        assert_eq!(growth.len(), 1);
        assert_eq!((growth[0].bytes, growth[0].blocks), (80, 8));
        let shrunk = profile().growth_since(&later, Moment::End, own);
        assert_eq!(shrunk[0].bytes, -80);
    }

    #[test]
    fn a_peak_is_ranked_by_what_was_live_then() {
        let sites = profile().sites(Moment::Peak, |_| false);
        assert_eq!(sites.iter().map(|site| site.bytes).sum::<i64>(), 190);
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
