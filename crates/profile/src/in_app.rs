//! Which frames are in-app: code of the program, as opposed to its dependencies.

use crate::frame::FrameRef;
use crate::reading::Profile;
use std::collections::HashSet;

/// The folder of the lessons. Where a profile has such frames, they are in-app.
pub const LESSONS: &str = "src/lessons/";

/// Decides which frames are in-app.
#[derive(Debug, Clone)]
pub enum InApp {
    /// Frames whose place contains this text.
    Below(String),
    /// Frames in these files, and what the files are.
    Files(HashSet<String>, String),
}

impl InApp {
    /// Frames whose place contains a text, such as `src/cache/`.
    pub fn below(path: impl Into<String>) -> Self {
        Self::Below(path.into())
    }

    /// The frames of the lessons.
    pub fn lessons() -> Self {
        Self::below(LESSONS)
    }

    /// The best guess for a profile: its lessons, or else the files of the program's
    /// crate, or else, as in C, the files with line numbers.
    pub fn guess(profile: &Profile) -> Self {
        let table = profile.table();
        if table.iter().any(|frame| frame.place.contains(LESSONS)) {
            return Self::lessons();
        }
        let program = profile.program();
        match Self::crates(profile, &[&program]) {
            Self::Files(files, _) if files.is_empty() => {
                Self::Files(with_lines(&table), "files with line numbers".into())
            }
            found => found,
        }
    }

    /// The files of these crates.
    pub fn crates(profile: &Profile, names: &[&str]) -> Self {
        let files = files_of(&profile.table(), names);
        Self::Files(files, format!("files of the crate {}", names.join(", ")))
    }

    /// Whether a frame is in-app.
    pub fn contains(&self, frame: &FrameRef<'_>) -> bool {
        match self {
            Self::Below(path) => frame.place.contains(path.as_str()),
            Self::Files(files, _) => files.contains(frame.path()),
        }
    }

    /// The choice in words.
    pub fn words(&self) -> String {
        match self {
            Self::Below(path) => format!("frames in {path}"),
            Self::Files(files, _) if files.is_empty() => "none is known".to_owned(),
            Self::Files(_, what) => what.clone(),
        }
    }
}

/// Files of crates, without those whose names other crates use, too.
fn files_of(table: &[FrameRef<'_>], crates: &[&str]) -> HashSet<String> {
    let mut own = HashSet::new();
    let mut foreign = HashSet::new();
    // The allocator's entry points are in the file that sets the allocator.
    for frame in table.iter().filter(|frame| !frame.is_library()) {
        let path = frame.function.trim_start_matches(['<', '&']);
        let Some((first, _)) = path.split_once("::") else { continue };
        match crates.contains(&first) {
            true => own.insert(frame.path()),
            false => foreign.insert(frame.path()),
        };
    }
    let files = own.difference(&foreign).filter(|file| !file.is_empty());
    files.map(|file| (*file).to_owned()).collect()
}

/// Files of C code with debug information.
fn with_lines(table: &[FrameRef<'_>]) -> HashSet<String> {
    let known = table.iter().filter(|frame| {
        frame.line() > 0 && !frame.is_library() && !frame.path().ends_with(".rs")
    });
    known.map(|frame| frame.path().to_owned()).collect()
}
