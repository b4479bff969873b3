//! A profile as it stands in its file, and what a file is refused for.

use super::counts::Counts;
use super::decode::{File, Stacks, Texts};
use super::frame::FrameRef;

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
    #[error("the profile counts {counted}, not the heap (its mode is {mode})")]
    Mode {
        /// As the file names it.
        mode: String,
        /// What is counted instead.
        counted: &'static str,
    },
    /// A call stack that names a frame outside the table.
    #[error("a call stack names frame {0}, which the file does not have")]
    Frame(u32),
}

/// What dhat counts in the modes that are not about the heap.
fn counted(mode: &str) -> &'static str {
    match mode {
        "ad-hoc" | "rust-ad-hoc" => "events that the program names itself",
        "copy" => "bytes copied",
        _ => "something else",
    }
}

/// A whole profile.
#[derive(Debug)]
pub struct Profile {
    mode: String,
    command: String,
    time_unit: String,
    duration: u64,
    pub(super) stacks: Stacks,
    pub(super) table: Texts,
}

impl Profile {
    /// Reads a heap profile, of dhat for Rust or of valgrind's DHAT.
    ///
    /// # Errors
    /// [`ProfileError`] says what the text is instead.
    pub fn parse(json: &[u8]) -> Result<Self, ProfileError> {
        let file: File = serde_json::from_slice(json)?;
        if file.version != VERSION {
            return Err(ProfileError::Version(file.version));
        }
        if !matches!(file.mode.as_str(), "rust-heap" | "heap") {
            let counted = counted(&file.mode);
            return Err(ProfileError::Mode { mode: file.mode, counted });
        }
        if let Some(frame) = file.stacks.stray(file.frames.len()) {
            return Err(ProfileError::Frame(frame));
        }
        Ok(Self {
            mode: file.mode,
            command: file.command,
            time_unit: file.time_unit,
            duration: file.duration,
            stacks: file.stacks,
            table: file.frames,
        })
    }

    /// `rust-heap` of dhat for Rust, `heap` of valgrind.
    pub fn mode(&self) -> &str {
        &self.mode
    }

    /// The command line that was profiled.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The program's own crate as its paths name it: `my_service` of
    /// `target/debug/my-service --listen …`.
    pub fn program(&self) -> String {
        super::fingerprint::program(&self.command)
    }

    /// What times are measured in: `µs`, or `instrs` of valgrind.
    pub fn time_unit(&self) -> &str {
        &self.time_unit
    }

    /// From the start of the program, or of dhat, to the end of the profile.
    pub fn duration(&self) -> u64 {
        self.duration
    }

    /// Every call stack: its counts, and its frames as indices of the table, innermost
    /// first.
    pub fn stacks(&self) -> impl Iterator<Item = (&Counts, &[u32])> {
        self.stacks.iter()
    }

    /// The table of frames.
    pub fn table(&self) -> Vec<FrameRef<'_>> {
        self.table.iter().map(FrameRef::parse).collect()
    }

    /// The counts of all call stacks together.
    pub fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        for (counts, _) in self.stacks() {
            totals += *counts;
        }
        totals
    }

    /// Bytes live at the end, of all that was allocated in the window.
    pub fn surviving_bytes(&self) -> u64 {
        self.totals().end_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PROFILE, profile};
    use super::*;

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
        assert!(refuse("[1, 3, 4]", "[1, 3, 9]").contains("frame 9"));
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
        assert_eq!((counts, frames), (&expected, &[1, 2, 4][..]));
        assert_eq!(counts.mean_lifetime(), Some(2));
        assert_eq!(profile.totals().total_bytes, 230);
        assert_eq!((profile.duration(), profile.time_unit()), (9, "µs"));
        assert_eq!(profile.program(), "leaky");
    }
}
