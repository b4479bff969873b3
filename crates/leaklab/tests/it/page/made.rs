//! A comparison and its page, measured once for all tests, and copies to look at.

use crate::fixture::Leaklab;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// One lesson that leaks, one whose law is a peak, one control.
const LESSONS: [&str; 3] = ["l08_live_feed", "c04_retries", "c01_client_clones"];

/// Every file of a comparison that is as expected, by its path in the folder. In memory,
/// because nobody clears away what a static holds.
static MADE: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
    let done = Leaklab::compare(&LESSONS).run().code(0);
    let mut files = BTreeMap::new();
    read(&done.out(), Path::new(""), &mut files);
    files
});

/// Takes in every file below a folder.
fn read(root: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in root.join(below).read_dir().unwrap().flatten() {
        let path = below.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => read(root, &path, files),
            false => {
                let bytes = fs::read(root.join(&path)).unwrap();
                files.insert(path, bytes);
            }
        }
    }
}

/// A folder with a comparison and its page, which a test may change.
pub(crate) struct Copy(TempDir);

impl Copy {
    pub(crate) fn new() -> Self {
        let folder = TempDir::with_prefix("a copy ").unwrap();
        for (path, bytes) in MADE.iter() {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        Self(folder)
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

    /// The page that `compare` made.
    pub(crate) fn made(&self) -> PathBuf {
        self.path().join("report.html")
    }

    /// Makes the page again; its path.
    pub(crate) fn page(&self) -> PathBuf {
        let path = self.path().to_str().unwrap();
        let done = Leaklab::new(&["report", path]).run().code(0);
        PathBuf::from(done.stdout().trim_end())
    }
}
