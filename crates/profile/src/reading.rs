//! Reads a profile and refuses what is not one.

use crate::counts::Counts;
use crate::fingerprint;
use crate::frame::FrameRef;
use crate::text::{Keep, visible};
use serde::Deserialize;
use std::borrow::Cow;

/// The only version in use.
const VERSION: u32 = 2;

/// Why a text is not a heap profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON, or not dhat's.
    #[error("not a dhat profile")]
    Format(#[from] serde_json::Error),
    /// A version other than 2.
    #[error("dhat file version {0} is not supported, only {VERSION}")]
    Version(u32),
    /// dhat can also count copies, and events that a program defines.
    #[error("the profile counts {}, not the heap (its mode is {mode})", counted(.mode))]
    Mode {
        /// The mode that the file names.
        mode: String,
    },
    /// A call stack that names a frame outside the table.
    #[error("a call stack names frame {0}, which the file does not have")]
    Frame(u32),
}

/// What dhat counts in its other modes.
fn counted(mode: &str) -> &'static str {
    match mode {
        "ad-hoc" | "rust-ad-hoc" => "events that the program defines",
        "copy" => "bytes copied",
        _ => "something else",
    }
}

/// A whole profile, with the names that dhat gave its fields.
#[derive(Debug, Default, Deserialize)]
pub struct Profile {
    #[serde(rename = "dhatFileVersion")]
    version: u32,
    /// `rust-heap` for dhat for Rust, `heap` for valgrind.
    pub mode: String,
    /// The command line of the profiled program.
    #[serde(rename = "cmd", default)]
    pub command: String,
    /// The unit of times: `µs`, or `instrs` in a profile of valgrind.
    #[serde(rename = "tu", default)]
    pub time_unit: String,
    /// Time from the start of the profile to its end.
    #[serde(rename = "te", default)]
    pub duration: u64,
    /// Whether the lifetimes of blocks were recorded, and with them what survives and
    /// what is live at the peak.
    #[serde(rename = "bklt", default = "yes")]
    pub has_lifetimes: bool,
    #[serde(rename = "pps")]
    stacks: Vec<Stack>,
    #[serde(rename = "ftbl")]
    table: Vec<String>,
}

/// dhat for Rust 0.2 and valgrind before 3.16 have no such field, and record them.
fn yes() -> bool {
    true
}

/// The version alone. Other versions have other fields.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "dhatFileVersion")]
    version: u32,
}

/// A call stack, which dhat calls a program point.
#[derive(Debug, Deserialize)]
struct Stack {
    #[serde(flatten)]
    counts: Counts,
    fs: Vec<u32>,
}

impl Profile {
    /// Reads a heap profile of dhat for Rust or of valgrind's DHAT.
    ///
    /// # Errors
    /// [`ProfileError`] says why the text is not one.
    pub fn parse(json: &[u8]) -> Result<Self, ProfileError> {
        let mut profile: Self = serde_json::from_slice(json).map_err(|error| {
            match serde_json::from_slice::<Head>(json) {
                Ok(Head { version }) if version != VERSION => {
                    ProfileError::Version(version)
                }
                _ => error.into(),
            }
        })?;
        // Everything that can be printed: a file may come from anywhere.
        let Self { mode, command, time_unit, table, .. } = &mut profile;
        for text in table.iter_mut().chain([mode, command, time_unit]) {
            // Paths of Windows.
            if text.contains('\\') {
                *text = text.replace('\\', "/");
            }
            if let Cow::Owned(shown) = visible(text, Keep::Nothing) {
                *text = shown;
            }
        }
        if profile.version != VERSION {
            return Err(ProfileError::Version(profile.version));
        }
        if !matches!(profile.mode.as_str(), "rust-heap" | "heap") {
            return Err(ProfileError::Mode { mode: profile.mode });
        }
        let mut frames = profile.stacks.iter().flat_map(|stack| &stack.fs);
        match frames.find(|frame| **frame as usize >= profile.table.len()) {
            Some(frame) => Err(ProfileError::Frame(*frame)),
            None => Ok(profile),
        }
    }

    /// The program's crate as its paths name it: `my_service` for
    /// `target/debug/my-service --listen …`.
    pub fn program(&self) -> String {
        // Arguments follow the path, and the path may contain spaces too: the program is
        // the candidate whose code is in the profile.
        let command = self.command.trim();
        let spaces = command.match_indices(' ').map(|(at, _)| at);
        let mut names = spaces
            .chain([command.len()])
            .map(|end| fingerprint::program(&command[..end]));
        let first = names.next().unwrap_or_default();
        let known = |name: &String| {
            let marks = [format!(": {name}::"), format!("<{name}::")];
            self.table.iter().any(|f| marks.iter().any(|m| f.contains(m.as_str())))
        };
        match known(&first) {
            true => first,
            false => names.find(known).unwrap_or(first),
        }
    }

    /// Every call stack: its counts, and its frames as indices of the table, innermost
    /// first.
    pub fn stacks(&self) -> impl Iterator<Item = (Counts, &[u32])> {
        self.stacks.iter().map(|stack| (stack.counts, stack.fs.as_slice()))
    }

    /// The table of frames.
    pub fn table(&self) -> Vec<FrameRef<'_>> {
        self.table.iter().map(|text| FrameRef::parse(text)).collect()
    }

    pub(crate) fn frame(&self, index: u32) -> FrameRef<'_> {
        FrameRef::parse(&self.table[index as usize])
    }

    /// Whether no frame has a file: names are then those of the nearest symbols.
    pub(crate) fn has_no_files(&self) -> bool {
        let unknown = |frame: &FrameRef<'_>| {
            frame.place.is_empty() || frame.place.starts_with("???")
        };
        self.table().iter().all(unknown)
    }

    /// The address of a frame, as the file has it.
    pub(crate) fn address(&self, index: u32) -> &str {
        let text = &self.table[index as usize];
        text.split_once(": ").map_or(text, |(address, _)| address)
    }

    /// The sum over all call stacks.
    pub fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        for stack in &self.stacks {
            totals += stack.counts;
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{PROFILE, profile};

    #[test]
    fn what_is_no_heap_profile_is_refused_with_a_reason() {
        let refuse = |from: &str, to: &str| {
            let text = PROFILE.replace(from, to);
            Profile::parse(text.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(refuse("\"pps\"", "\"qqs\""), "not a dhat profile");
        assert_eq!(refuse("\"fs\"", "\"gs\""), "not a dhat profile");
        assert_eq!(refuse("\"tb\": 90", "\"tb\": -90"), "not a dhat profile");
        assert!(refuse("Version\": 2", "Version\": 3").contains("version 3"));
        let events = refuse("rust-heap", "rust-ad-hoc");
        assert!(events.contains("events") && events.contains("rust-ad-hoc"));
        let old = r#"{"dhatFileVersion": 1, "aps": [], "ftbl": ["[root]"]}"#;
        let old = Profile::parse(old.as_bytes()).unwrap_err().to_string();
        assert!(old.contains("version 1"), "{old}");
        assert!(refuse("[1, 3, 4]", "[1, 3, 9]").contains("frame 9"));
        // A title for the terminal that it is printed on.
        let title = refuse("rust-heap", "\\u001b]0;title\\u0007");
        assert!(title.contains("\\u001b]0;title\\u0007"), "{title}");
    }

    #[test]
    fn all_counts_of_a_call_stack_are_kept() {
        let profile = profile();
        let (counts, frames) = profile.stacks().next().unwrap();
        let expected = Counts {
            total_bytes: 90,
            total_blocks: 9,
            lifetimes: 18,
            peak_bytes: 50,
            peak_blocks: 5,
            end_bytes: 50,
            end_blocks: 5,
        };
        assert_eq!((counts, frames), (expected, &[1, 2, 4][..]));
        assert_eq!(counts.mean_lifetime(), Some(2));
        assert_eq!(profile.totals().total_bytes, 230);
        assert_eq!((profile.duration, profile.time_unit.as_str()), (9, "µs"));
        assert_eq!(profile.program(), "leaky");
    }
}
