//! Claims rest on what is there: lessons, names that the compiler refuses, sources of
//! the version that is used, and a chapter from a run that settles all of them.

use crate::repository::{locate, no_faults, text};
use lessons::LESSONS;
use model::CLAIMS;
use model::claims::Rule;
use std::collections::BTreeSet;
use toml::Table;

const CHAPTER: &str = "docs/claims.md";
const NAMES: &str = "crates/service/src/api_names.rs";

/// Every rule, with its claim's id.
fn rules() -> impl Iterator<Item = (&'static str, Rule)> {
    CLAIMS.iter().flat_map(|claim| claim.findings.iter().map(|f| (claim.id, f.rule)))
}

#[test]
fn claims_rest_on_lessons_and_every_lesson_settles_a_claim() {
    let used: BTreeSet<_> =
        rules().flat_map(|(_, rule)| rule.evidence()).map(|e| e.lesson).collect();
    let there: BTreeSet<_> = LESSONS.iter().map(|lesson| lesson.id).collect();
    assert_eq!(
        used, there,
        "crates/model/src/claims and model::LESSONS name different lessons\ncure: \
         use the new lesson as evidence, or write the one that is missing"
    );
}

#[test]
fn the_chapter_has_every_claim_and_no_other() {
    let chapter = text(CHAPTER);
    let found = chapter.lines().filter_map(|line| line.strip_prefix("### "));
    assert_eq!(
        found.collect::<Vec<_>>(),
        CLAIMS.iter().map(|claim| claim.id).collect::<Vec<_>>(),
        "{CHAPTER} does not follow model::CLAIMS\ncure: run scripts/refresh-docs.sh"
    );
    let worded = CLAIMS.iter().filter(|claim| !chapter.contains(claim.text));
    no_faults(
        worded.map(|claim| format!("{CHAPTER}: {} in other words", claim.id)),
        "run scripts/refresh-docs.sh",
    );
}

#[test]
fn the_chapter_leaves_nothing_open() {
    let chapter = text(CHAPTER);
    let open = chapter.lines().filter(|line| line.contains("NOT SETTLED"));
    no_faults(open.map(str::to_owned), "run scripts/refresh-docs.sh");
}

#[test]
fn names_that_do_not_exist_are_refused_by_the_compiler() {
    let used = rules().filter_map(|(_, rule)| match rule {
        Rule::Names(items) => Some(items),
        _ => None,
    });
    let used: BTreeSet<_> = used.flatten().copied().collect();
    let source = text(NAMES);
    let there = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(" {}"));
    assert_eq!(
        used,
        there.collect(),
        "{NAMES} does not have the names of model::CLAIMS\ncure: one module \
         `pub mod <name> {{}}` for each"
    );
    for block in ["```compile_fail,E0", "```no_run"] {
        assert_eq!(
            source.matches(block).count(),
            used.len(),
            "{NAMES}: every name needs one example that begins with {block}"
        );
    }
}

#[test]
fn sources_were_read_in_the_version_that_is_used() {
    let lock: Table = text("Cargo.lock").parse().expect("cargo wrote it");
    let packages = lock["package"].as_array().expect("cargo wrote it");
    let has = |name: &str, version: Option<&str>| {
        packages.iter().any(|package| {
            let same = package["name"].as_str() == Some(name);
            same && version.is_none_or(|v| package["version"].as_str() == Some(v))
        })
    };
    let faults = rules().filter_map(|(id, rule)| match rule {
        Rule::Source { package, version, .. } if !has(package, Some(version)) => {
            Some(format!("{id}: {package} is not {version} any more"))
        }
        _ => None,
    });
    no_faults(
        faults,
        "read the source again, and correct crates/model/src/claims/causes.rs",
    );
    // What claim C01 says of it.
    assert!(!has("actix", None), "Cargo.lock has the actor framework");
}

#[test]
fn what_is_no_question_of_memory_is_dealt_with_where_it_is_said() {
    let files = rules().filter_map(|(id, rule)| match rule {
        Rule::Elsewhere(files) => Some(files.iter().map(move |file| (id, file))),
        _ => None,
    });
    let missing = files.flatten().filter(|(_, file)| !locate(file).exists());
    no_faults(
        missing.map(|(id, file)| format!("{id}: {file}")),
        "correct the path in crates/model/src/claims",
    );
}
