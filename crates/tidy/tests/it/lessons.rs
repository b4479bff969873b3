//! `model::LESSONS` is the one list: whatever is there for each lesson is there for
//! all of them, and for nothing else.

use crate::repository::{names, no_faults, text};
use model::lessons::LESSONS;

const TESTS: &str = "crates/leaklab/tests/it/lessons.rs";

/// The registry's ids, in the order of the book.
pub(crate) fn ids() -> Vec<&'static str> {
    LESSONS.iter().map(|lesson| lesson.id).collect()
}

/// The same, as a folder lists them.
fn sorted_ids() -> Vec<&'static str> {
    let mut ids = ids();
    ids.sort_unstable();
    ids
}

#[test]
fn every_lesson_has_a_file_in_both_twins() {
    for folder in ["crates/leaky/src/lessons", "crates/fixed/src/lessons"] {
        let mut found = names(folder, "rs");
        found.retain(|name| name != "mod");
        assert_eq!(
            found,
            sorted_ids(),
            "{folder} does not have the files of model::LESSONS\ncure: write the \
             missing file, or enter it into crates/model/src/lessons/list.rs"
        );
    }
}

#[test]
fn every_lesson_is_a_module_of_both_twins() {
    for twin in ["leaky", "fixed"] {
        let path = format!("crates/{twin}/src/lessons/mod.rs");
        let source = text(&path);
        let modules = source.lines().filter_map(|line| {
            line.strip_prefix("pub(crate) mod ")?.strip_suffix(';')
        });
        assert_eq!(
            modules.collect::<Vec<_>>(),
            ids(),
            "{path} does not follow model::LESSONS\ncure: one line \
             `pub(crate) mod <id>;` for each, in the order of the list"
        );
    }
}

#[test]
fn every_lesson_has_a_chapter() {
    assert_eq!(
        names("docs/lessons", "md"),
        sorted_ids(),
        "docs/lessons does not have the chapters of model::LESSONS\ncure: write the \
         missing chapter, or delete the one that no lesson has"
    );
}

#[test]
fn the_summary_lists_every_chapter_in_the_order_of_the_registry() {
    let summary = text("docs/SUMMARY.md");
    let chapters = summary
        .lines()
        .filter_map(|line| line.split_once("(lessons/")?.1.strip_suffix(".md)"));
    assert_eq!(
        chapters.collect::<Vec<_>>(),
        ids(),
        "docs/SUMMARY.md does not follow model::LESSONS\ncure: one line \
         `- [Name](lessons/<id>.md)` for each, in the order of the list"
    );
}

#[test]
fn every_lesson_has_a_test_of_its_verdicts() {
    let tests = text(TESTS);
    no_faults(
        ids().into_iter().filter(|id| !tests.contains(id)).map(str::to_owned),
        &format!("write a test in {TESTS} that names the lesson"),
    );
}

#[test]
fn every_lesson_has_a_row_in_the_readme() {
    let readme = text("README.md");
    let rows: Vec<_> = readme.lines().filter(|line| line.starts_with('|')).collect();
    let has_row = |id| rows.iter().any(|row| row.contains(id));
    no_faults(
        ids().into_iter().filter(|id| !has_row(*id)).map(str::to_owned),
        "add a row with the lesson's id to the table in README.md",
    );
}
