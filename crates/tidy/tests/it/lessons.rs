//! A lesson is one unit: few files name it, its chapter has the parts of the others, and
//! its output is of a run that was as expected.

use crate::repository::{all, locate, no_faults, text};
use lessons::{Kind, LESSONS};
use std::fs;

/// The list, its scenario, its chapter, and three that mention it.
const FILES_MAX: usize = 40;

/// What the generator and scripts/refresh-docs.sh write.
const GENERATED: [&str; 9] = [
    "docs/output/",
    "docs/diffs/",
    "docs/charts/",
    "docs/claims.md",
    "docs/by-",
    "docs/SUMMARY.md",
    "README.md",
    "crates/leaklab/tests/cmd/",
    "Cargo.lock",
];

#[test]
fn few_files_name_a_lesson() {
    let mut files = all("");
    files.retain(|path| !GENERATED.iter().any(|start| path.starts_with(start)));
    let texts: Vec<_> = files
        .iter()
        .map(|path| (path, fs::read_to_string(locate(path)).unwrap_or_default()))
        .collect();
    let faults = LESSONS.iter().filter_map(|lesson| {
        let found = texts.iter().filter(|(_, text)| text.contains(lesson.id));
        let found: Vec<_> = found.map(|(path, _)| path.as_str()).collect();
        (found.len() > FILES_MAX).then(|| format!("{}: {found:#?}", lesson.id))
    });
    no_faults(faults, "move what belongs to the lesson into its own files");
}

/// The lines of a document outside its fenced blocks.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    document.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

#[test]
fn every_chapter_has_the_same_six_parts() {
    for lesson in LESSONS {
        let path = format!("docs/lessons/{}.md", lesson.id);
        let chapter = text(&path);
        let parts = prose(&chapter).filter_map(|line| line.strip_prefix("## "));
        let remedy = match lesson.kind {
            Kind::Lesson => "The fix",
            Kind::Control => "What would leak instead",
        };
        let expected = [
            "The symptom",
            "What most people guess",
            "What the measurement shows",
            "Where the memory is held, and why",
            remedy,
            "In your own service",
        ];
        assert_eq!(
            parts.collect::<Vec<_>>(),
            expected,
            "{path}: other `##` headings"
        );
    }
}

#[test]
fn every_chapter_shows_a_run_that_was_as_expected() {
    let faults = LESSONS.iter().flat_map(|lesson| {
        let id = lesson.id;
        let chapter = text(&format!("docs/lessons/{id}.md"));
        let diff = format!("{{{{#include ../diffs/{id}.diff}}}}");
        let output = format!("{{{{#include ../output/{id}.txt}}}}");
        let shown = text(&format!("docs/output/{id}.txt"));
        let checks = [
            (chapter.contains(&output), "does not include its output"),
            (
                lesson.kind == Kind::Control || chapter.contains(&diff),
                "does not include the twins' difference",
            ),
            (shown.contains("\nEvery verdict is as expected"), "has an odd output"),
            (shown.contains(&format!("\n{id}")), "has the output of another lesson"),
        ];
        let faults = checks.into_iter().filter(|(holds, _)| !holds);
        faults.map(move |(_, fault)| format!("{id} {fault}"))
    });
    no_faults(faults, "run scripts/refresh-docs.sh; if it stays, mend the lesson");
}
