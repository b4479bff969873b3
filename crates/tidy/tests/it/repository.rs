//! The repository as the rules see it: paths from its root, and text.
//!
//! Files are found without git, so the rules also hold in an exported tarball.

use std::fs;
use std::path::{Path, PathBuf};

/// The place of a path from the repository's root on this machine.
pub(crate) fn locate(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The text of a file.
#[track_caller]
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(locate(path)).unwrap_or_else(|error| {
        panic!("{path} cannot be read: {error}\ncure: write it, or bring it back")
    })
}

/// A manifest, or the lock file.
#[track_caller]
pub(crate) fn manifest(path: &str) -> toml::Table {
    text(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files in a folder and below it, as sorted paths from the repository's root;
/// `""` is the root.
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let entries = fs::read_dir(locate(folder)).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let separator = if folder.is_empty() { "" } else { "/" };
        let path = format!("{folder}{separator}{name}");
        if !entry.path().is_dir() {
            // In a worktree this is a file.
            found.extend(Some(path).filter(|_| name != ".git"));
        } else if is_ours(&name, &entry.path()) {
            found.extend(files(&path));
        }
    }
    found.sort();
    found
}

/// Leaves out what programs build and keep.
fn is_ours(name: &str, folder: &Path) -> bool {
    let hidden = name.starts_with('.') && name != ".ci";
    let built = name == "target" || folder.join("CACHEDIR.TAG").exists();
    !hidden && !built && name != "node_modules" && name != "__pycache__"
}

/// The files of the whole repository with this ending.
pub(crate) fn all(ending: &str) -> Vec<String> {
    let mut found = files("");
    found.retain(|path| path.ends_with(ending));
    found
}

/// Fails with every fault and its cure.
#[track_caller]
pub(crate) fn no_faults(faults: impl IntoIterator<Item = String>, cure: &str) {
    let faults: Vec<_> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{}\ncure: {cure}", faults.join("\n"));
}
