//! A profile as it stands in its file.

use serde::Deserialize;

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
    #[serde(rename = "cmd", default)]
    command: String,
    #[serde(rename = "pps")]
    pub(super) points: Vec<Point>,
    #[serde(rename = "ftbl")]
    pub(super) frames: Vec<String>,
}

/// A call stack and its counts; dhat calls it a program point.
#[derive(Debug, Deserialize)]
pub(super) struct Point {
    #[serde(rename = "tbk", default)]
    pub(super) total_blocks: u64,
    #[serde(rename = "eb", default)]
    pub(super) end_bytes: u64,
    #[serde(rename = "ebk", default)]
    pub(super) end_blocks: u64,
    #[serde(rename = "gb", default)]
    pub(super) peak_bytes: u64,
    #[serde(rename = "gbk", default)]
    pub(super) peak_blocks: u64,
    #[serde(rename = "fs")]
    pub(super) frames: Vec<usize>,
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

    /// The command line that was profiled.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Bytes live at the end, of all that was allocated in the window.
    pub fn surviving_bytes(&self) -> u64 {
        self.points.iter().map(|point| point.end_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::PROFILE;
    use super::*;

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
}
