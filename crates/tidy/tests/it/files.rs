//! Rules for single files: how they open, how long they are, what they may not contain.

use crate::repository::{all, files, locate, no_faults, text};
use std::fs;

const LINES_MAX: usize = 400;

/// Every Rust file and its text.
pub(crate) fn sources() -> impl Iterator<Item = (String, String)> {
    let found = files("crates").into_iter().filter(|path| path.ends_with(".rs"));
    found.map(|path| (path.clone(), text(&path)))
}

/// The scripts that people start. What they use is in folders beside them.
pub(crate) fn scripts() -> Vec<String> {
    let mut found = files("scripts");
    found.retain(|path| path.matches('/').count() == 1);
    found.push(".ci/run".to_owned());
    found
}

#[test]
fn every_file_opens_with_its_job() {
    let opens =
        |source: &str| ["//! ", "#![doc"].iter().any(|o| source.starts_with(o));
    let rust = sources().filter(|(_, source)| !opens(source)).map(|(path, _)| path);
    let says = |path: &String| {
        let comment = |line: &str| ["# ", "// "].iter().any(|c| line.starts_with(c));
        text(path).lines().take(3).any(comment)
    };
    let scripts = scripts().into_iter().filter(|path| !says(path));
    no_faults(rust.chain(scripts), "begin with `//!` (or `# `) and the file's job");
}

#[test]
fn no_file_is_too_long_to_follow() {
    let faults = sources().filter_map(|(path, source)| {
        let lines = source.lines().count();
        (lines > LINES_MAX).then(|| format!("{path}: {lines} lines"))
    });
    let cure =
        format!("cut the file where its subject changes; {LINES_MAX} is most");
    no_faults(faults, &cure);
}

#[test]
fn no_test_is_ignored() {
    // In pieces, or this file would not pass.
    let ignored = format!("#[{}", "ignore");
    let faults = sources().filter(|(_, source)| source.contains(&ignored));
    no_faults(faults.map(|(path, _)| path), "mend the test, or delete it");
}

#[cfg(unix)]
#[test]
fn every_script_can_be_started() {
    use std::os::unix::fs::PermissionsExt;

    let runs = |path: &String| {
        let metadata = locate(path).metadata();
        metadata.is_ok_and(|found| found.permissions().mode() & 0o111 == 0o111)
    };
    no_faults(scripts().into_iter().filter(|path| !runs(path)), "chmod +x the file");
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    // In pieces, or this file would not pass.
    let places = ["home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let faults = all("").into_iter().filter(|path| {
        // Files that are not text contain no paths.
        let content = fs::read_to_string(locate(path)).unwrap_or_default();
        places.iter().any(|place| content.contains(place))
    });
    no_faults(faults, "write the path from the repository's root");
}
