//! A comparison and its page, measured once for all tests, and copies to change.

use crate::fixture::{Done, Leaklab};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// One lesson that leaks, one whose law is a peak, one control.
const LESSONS: [&str; 3] = ["l08_live_feed", "c04_retries", "c01_client_clones"];

/// The folder of a comparison that is as expected.
pub(crate) fn folder() -> PathBuf {
    static MADE: OnceLock<Done> = OnceLock::new();
    let made = MADE.get_or_init(|| Leaklab::compare(&LESSONS).run().code(0));
    made.out()
}

/// A copy of it that a test may change.
pub(crate) struct Copy(TempDir);

impl Copy {
    pub(crate) fn new() -> Self {
        let copy = TempDir::with_prefix("a copy ").unwrap();
        copy_folder(&folder(), copy.path());
        Self(copy)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Changes `comparison.json`.
    pub(crate) fn change(self, change: impl FnOnce(&mut Value)) -> Self {
        let path = self.path().join("comparison.json");
        let mut comparison: Value =
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut comparison);
        fs::write(path, comparison.to_string()).unwrap();
        self
    }

    /// Makes the page again; its path.
    pub(crate) fn page(&self) -> PathBuf {
        let path = self.path().to_str().unwrap();
        let done = Leaklab::new(&["report", path]).run().code(0);
        PathBuf::from(done.stdout().trim_end())
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}
