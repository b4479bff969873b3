//! The repository as the rules see it: paths from its root, and text.
//!
//! Files are found by walking and not through git, so that the rules also hold in
//! an exported tarball.

use std::fs;
use std::path::{Path, PathBuf};

/// Where a path from the repository's root lies on this machine.
pub(crate) fn locate(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The bytes of a file.
#[track_caller]
pub(crate) fn bytes(path: &str) -> Vec<u8> {
    fs::read(locate(path)).unwrap_or_else(|error| {
        panic!("{path} cannot be read: {error}\ncure: write it, or bring it back")
    })
}

/// The text of a file.
#[track_caller]
pub(crate) fn text(path: &str) -> String {
    String::from_utf8(bytes(path))
        .unwrap_or_else(|_| panic!("{path} is not UTF-8\ncure: save it as UTF-8"))
}

/// All files in a folder and below it, as sorted paths from the repository's root.
/// Without the folder there are none; `""` is the root.
#[track_caller]
pub(crate) fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(locate(folder)) else { return found };
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("{folder}: {error}"));
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        if !entry.path().is_dir() {
            found.push(path);
        } else if is_ours(&name, &entry.path()) {
            found.extend(files(&path));
        }
    }
    found.sort();
    found
}

/// Whether people write what is in this folder: programs' caches and build products
/// are left out, and cargo marks its own, whatever their name.
fn is_ours(name: &str, folder: &Path) -> bool {
    let hidden = name.starts_with('.') && name != ".ci";
    let built = name == "target" || folder.join("CACHEDIR.TAG").exists();
    !hidden && !built && name != "node_modules"
}

/// The names of a folder's own files with this extension, without it.
pub(crate) fn names(folder: &str, extension: &str) -> Vec<String> {
    files(folder)
        .iter()
        .filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'))
        .filter_map(|name| name.strip_suffix(extension)?.strip_suffix('.'))
        .filter(|name| !name.contains('/'))
        .map(str::to_owned)
        .collect()
}

/// Fails with every fault and what to do about them.
#[track_caller]
pub(crate) fn no_faults(faults: impl IntoIterator<Item = String>, cure: &str) {
    let faults: Vec<_> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{}\ncure: {cure}", faults.join("\n"));
}
