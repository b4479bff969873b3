//! Claims rest on what is there: names that the compiler rejects, sources of the version
//! that is used, and a chapter from a run that settles all of them.

use crate::repository::{locate, no_faults, text};
use lessons::claims::{CLAIMS, READ, Source};
use std::collections::BTreeSet;
use toml::Table;

const CHAPTER: &str = "docs/claims.md";
const NAMES: &str = "crates/service/src/api_names.rs";

#[test]
fn the_chapter_has_every_claim_and_leaves_none_open() {
    let chapter = text(CHAPTER);
    let found = chapter.lines().filter_map(|line| line.strip_prefix("### "));
    assert_eq!(
        found.collect::<Vec<_>>(),
        CLAIMS.iter().map(|claim| claim.id).collect::<Vec<_>>(),
        "{CHAPTER} does not follow lessons::CLAIMS\ncure: run scripts/refresh-docs.sh"
    );
    let worded = CLAIMS.iter().filter(|claim| !chapter.contains(claim.text));
    let worded =
        worded.map(|claim| format!("{CHAPTER}: {} in other words", claim.id));
    let open = chapter.lines().filter(|line| line.contains("NOT SETTLED"));
    no_faults(worded.chain(open.map(str::to_owned)), "run scripts/refresh-docs.sh");
}

#[test]
fn names_that_do_not_exist_are_rejected_by_the_compiler() {
    let used = READ.iter().filter_map(|read| match read.source {
        Source::Names(items) => Some(items),
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
        "{NAMES} does not have the names of lessons::CLAIMS\ncure: one module \
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
    let faults = READ.iter().filter_map(|read| match read.source {
        Source::Absent(package, version, _) | Source::Frees(package, version, _)
            if !has(package, Some(version)) =>
        {
            Some(format!("{}: {package} is no longer {version}", read.finding))
        }
        _ => None,
    });
    no_faults(
        faults,
        "read the source again, and correct crates/lessons/src/claims.rs",
    );
    // What claim C01 says of it.
    assert!(!has("actix", None), "Cargo.lock has the actor framework");
}

#[test]
fn files_that_settle_what_is_not_about_memory_exist() {
    let files = READ.iter().filter_map(|read| match read.source {
        Source::Elsewhere(files) => {
            Some(files.iter().map(|file| (read.finding, file)))
        }
        _ => None,
    });
    let missing = files.flatten().filter(|(_, file)| !locate(file).exists());
    no_faults(
        missing.map(|(id, file)| format!("{id}: {file}")),
        "correct the path in crates/lessons/src/claims.rs",
    );
}
