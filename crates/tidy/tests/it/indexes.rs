//! Whoever has a symptom, a graph or a crate in mind finds every lesson from there.

use crate::repository::{no_faults, text};
use model::lessons::LESSONS;

const INDEXES: [&str; 3] =
    ["docs/by-symptom.md", "docs/by-signal.md", "docs/by-crate.md"];

#[test]
fn every_lesson_stands_in_each_index() {
    let faults = INDEXES.into_iter().flat_map(|path| {
        let index = text(path);
        // The rows of tables: what stands in prose is not looked up.
        let rows: Vec<_> =
            index.lines().filter(|line| line.starts_with('|')).collect();
        let stands = |id| {
            let link = format!("(lessons/{id}.md)");
            rows.iter().any(|row| row.contains(&link))
        };
        let missing = LESSONS.iter().filter(|lesson| !stands(lesson.id));
        missing.map(|l| format!("{path}: {}", l.id)).collect::<Vec<_>>()
    });
    no_faults(
        faults,
        "link the lesson's chapter from the row where it is looked for",
    );
}

#[test]
fn the_indexes_come_right_after_the_introduction() {
    let summary = text("docs/SUMMARY.md");
    let chapters = summary
        .lines()
        .filter_map(|line| line.split_once("](")?.1.split(')').next());
    let found: Vec<_> =
        chapters.take(4).map(|path| format!("docs/{path}")).collect();
    assert_eq!(
        found[1..],
        INDEXES,
        "docs/SUMMARY.md: other chapters after the introduction\ncure: list the \
         indexes there, in this order"
    );
}
