//! A lesson is one unit: few files name it, its chapter has the parts of the others, and
//! its output is of a run that was as expected.

use crate::generated::entries;
use crate::repository::{all, locate, no_faults, text};
use lessons::Kind;
use std::fs;

/// The list, its chapter, and three that mention it. Its other files have its name.
const FILES_MAX: usize = 5;

/// What the generator and scripts/refresh-docs.sh write.
const GENERATED: [&str; 9] = [
    "docs/output/",
    "docs/diffs/",
    "docs/charts/",
    "docs/claims.md",
    "docs/by-",
    "docs/SUMMARY.md",
    "docs/teaching.md",
    "README.md",
    "crates/leaklab/tests/cmd/",
];

/// Where a few lessons serve as examples.
const EXAMPLES: [&str; 2] = ["/tests/", "/benches/"];

#[test]
fn few_files_name_a_lesson() {
    let mut files = all("");
    files.retain(|path| !GENERATED.iter().any(|start| path.starts_with(start)));
    files.retain(|path| !EXAMPLES.iter().any(|folder| path.contains(folder)));
    let texts: Vec<_> = files
        .iter()
        .map(|path| (path, fs::read_to_string(locate(path)).unwrap_or_default()))
        .collect();
    let faults = entries().into_iter().filter_map(|(lesson, _)| {
        let found = texts.iter().filter(|(_, text)| text.contains(lesson.id));
        let found: Vec<_> = found.map(|(path, _)| path.as_str()).collect();
        (found.len() > FILES_MAX).then(|| format!("{}: {found:#?}", lesson.id))
    });
    no_faults(faults, "move what belongs to the lesson into its own files");
}

#[test]
fn every_chapter_has_the_same_six_parts() {
    for (lesson, chapter) in entries() {
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
        let parts = chapter.body.split("\n## ").skip(1);
        let parts: Vec<_> = parts.filter_map(|part| part.lines().next()).collect();
        assert_eq!(parts, expected, "{}: other `##` headings", lesson.id);
    }
}

#[test]
fn every_chapter_shows_a_run_that_was_as_expected() {
    let faults = entries().into_iter().flat_map(|(lesson, chapter)| {
        let id = lesson.id;
        let shown = text(&format!("docs/output/{id}.txt"));
        let has =
            |block| chapter.body.contains(&format!("<!-- generated: {block} -->"));
        let (output, diff) = (has("output"), has("diff"));
        let checks = [
            (output, "does not include its output"),
            (diff || lesson.kind == Kind::Control, "does not include the diff"),
            (shown.contains("\nEvery verdict is as expected"), "has an odd output"),
            (shown.contains(&format!("\n{id}")), "has another lesson's output"),
        ];
        let faults = checks.into_iter().filter(|(holds, _)| !holds);
        faults.map(move |(_, fault)| format!("{id} {fault}"))
    });
    no_faults(faults, "run scripts/refresh-docs.sh; if it stays, mend the lesson");
}
