//! What holds for every file: how it opens, how long it is, what it may not contain.

use crate::repository::{bytes, files, no_faults, text};

/// Above this a reader loses the thread.
const LINES_MAX: usize = 400;
/// A lesson is read in front of a room.
const LESSON_LINES_MAX: usize = 185;

/// Every Rust file of the workspace and its text.
fn sources() -> impl Iterator<Item = (String, String)> {
    let found = files("crates").into_iter().filter(|path| path.ends_with(".rs"));
    found.map(|path| {
        let source = text(&path);
        (path, source)
    })
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let opens =
        |source: &str| ["//! ", "#![doc"].iter().any(|o| source.starts_with(o));
    no_faults(
        sources().filter(|(_, source)| !opens(source)).map(|(path, _)| path),
        "let the first line be `//!` and the file's job",
    );
}

#[test]
fn no_file_is_too_long_to_follow() {
    let faults = sources().filter_map(|(path, source)| {
        let lesson =
            path.contains("/src/lessons/") && !path.starts_with("crates/model/");
        let most = if lesson { LESSON_LINES_MAX } else { LINES_MAX };
        let lines = source.lines().count();
        (lines > most).then(|| format!("{path}: {lines} lines, {most} are the most"))
    });
    no_faults(faults, "cut the file where it changes its subject");
}

#[test]
fn nothing_is_left_unfinished() {
    // In pieces, or this file would not pass.
    let macros = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let ignored = format!("#[{}", "ignore");
    let faults = sources().flat_map(|(path, source)| {
        let marks = macros.iter().chain([&ignored]);
        let found = marks.filter(|mark| source.contains(mark.as_str()));
        found.map(|mark| format!("{path}: {mark}")).collect::<Vec<_>>()
    });
    no_faults(faults, "finish it, or take it out");
}

/// What people start by hand.
fn scripts() -> Vec<String> {
    let mut found = files("scripts");
    found.retain(|path| path.ends_with(".sh"));
    assert!(!found.is_empty(), "scripts/ is empty\ncure: bring the scripts back");
    found.push(".ci/run".to_owned());
    found
}

#[test]
fn every_script_says_what_it_is_for() {
    let says = |path: &String| {
        text(path).lines().take(3).any(|line| line.starts_with("# "))
    };
    no_faults(
        scripts().into_iter().filter(|path| !says(path)),
        "put a comment with the script's job below its first line",
    );
}

#[cfg(unix)]
#[test]
fn every_script_can_be_started() {
    use std::os::unix::fs::PermissionsExt;

    let runs = |path: &String| {
        let metadata = crate::repository::locate(path).metadata();
        metadata.is_ok_and(|found| found.permissions().mode() & 0o111 == 0o111)
    };
    no_faults(scripts().into_iter().filter(|path| !runs(path)), "chmod +x the file");
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // In pieces, or this file would not pass.
    let places = ["home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let faults = files("").into_iter().filter(|path| {
        // What is not text has no paths to find.
        let content = String::from_utf8(bytes(path)).unwrap_or_default();
        places.iter().any(|place| content.contains(place))
    });
    no_faults(faults, "write the path from the repository's root");
}
