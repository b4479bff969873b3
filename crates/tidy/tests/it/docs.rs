//! The book and its neighbours: what they point to exists, chapters have one shape,
//! and what they show was measured.

use crate::repository::{files, locate, no_faults, text};
use model::lessons::{Kind, LESSONS};

/// Every Markdown file of the book, and the ones beside the code.
fn documents() -> Vec<String> {
    let mut found = files("docs");
    let readmes = files("crates");
    found.extend(readmes.into_iter().filter(|path| path.ends_with("/README.md")));
    found.retain(|path| path.ends_with(".md"));
    found.extend(
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(String::from),
    );
    found
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

/// Whether a path that stands in a document leads to a file or a folder.
fn resolves(document: &str, path: &str) -> bool {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    locate(folder).join(path).exists()
}

#[test]
fn every_include_finds_its_file() {
    let faults = files("docs").into_iter().filter(|path| path.ends_with(".md"));
    let faults = faults.flat_map(|path| {
        let document = text(&path);
        let includes = document.split("{{#include ").skip(1);
        let targets =
            includes.map(|rest| rest.split(['}', ':']).next().unwrap_or(""));
        let missing = targets.filter(|target| !resolves(&path, target.trim()));
        missing.map(|target| format!("{path}: {target}")).collect::<Vec<_>>()
    });
    no_faults(faults, "correct the path, which starts at the chapter's folder");
}

/// The targets of a document's links within the repository, without anchors.
fn links(document: &str) -> impl Iterator<Item = &str> {
    let inline = |line| str::split(line, "](").skip(1);
    let inline = prose(document).flat_map(inline);
    let inline = inline.filter_map(|rest| rest.split([')', ' ']).next());
    let named = prose(document).filter(|line| line.starts_with('['));
    let named = named.filter_map(|line| Some(line.split_once("]: ")?.1.trim()));
    let local = |link: &&str| !link.contains("://") && !link.starts_with("mailto:");
    let targets = inline.chain(named).filter(local);
    targets.filter_map(|link| link.split('#').next()).filter(|path| !path.is_empty())
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let faults = documents().into_iter().flat_map(|path| {
        let document = text(&path);
        let dead = links(&document).filter(|link| !resolves(&path, link));
        dead.map(|link| format!("{path}: {link}")).collect::<Vec<_>>()
    });
    no_faults(faults, "correct the link, which starts at the document's folder");
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
            "{path}: other parts\ncure: use these `##` headings in this order"
        );
    }
}

#[test]
fn every_chapter_shows_what_was_measured() {
    let faults = LESSONS.iter().filter_map(|lesson| {
        let path = format!("docs/output/{}.txt", lesson.id);
        let output = std::fs::read_to_string(locate(&path)).unwrap_or_default();
        let measured = !matches!(output.trim(), "" | "not measured yet");
        (!measured).then(|| format!("{path}: nothing was measured"))
    });
    no_faults(faults, "run scripts/refresh-docs.sh");
}

#[test]
fn the_readme_and_the_gate_run_the_same_tests() {
    let command = "cargo test --workspace";
    let runs = |path: &&str| {
        text(path).lines().any(|line| {
            // A comment or a code span may stand around the command.
            let mut pieces = line.split(['#', '`']).map(str::trim);
            pieces.any(|piece| piece.trim_start_matches("step ") == command)
        })
    };
    let documents = ["README.md", "scripts/check.sh"];
    no_faults(
        documents.iter().filter(|path| !runs(path)).map(|path| path.to_string()),
        &format!("run the tests with `{command}` in both"),
    );
}
