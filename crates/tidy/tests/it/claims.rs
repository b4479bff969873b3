//! Claims rest on what exists: sources in the version that is used, names that the
//! compiler rejects, and a chapter from a run that settles all of them.

use crate::repository::{locate, manifest, no_faults, text};
use lessons::claims::{CLAIMS, Finding, Source};

const CHAPTER: &str = "docs/claims.md";
const NAMES: &str = "docs/api-names.md";

#[test]
fn the_chapter_has_every_claim_and_leaves_none_open() {
    let chapter = text(CHAPTER);
    let missing =
        CLAIMS.claims.iter().filter(|claim| !chapter.contains(&claim.text));
    let missing = missing.map(|claim| format!("{} is not in {CHAPTER}", claim.id));
    let open = chapter.lines().filter(|line| line.contains("NOT SETTLED"));
    no_faults(missing.chain(open.map(str::to_owned)), "run scripts/refresh-docs.sh");
}

/// The versions of a package in Cargo.lock.
fn versions(package: &str) -> Vec<String> {
    let lock = manifest("Cargo.lock");
    let all = lock["package"].as_array().into_iter().flatten();
    let own = all.filter(|entry| entry["name"].as_str() == Some(package));
    own.filter_map(|entry| entry["version"].as_str()).map(str::to_owned).collect()
}

/// Why what was read does not hold any more.
fn outdated(read: &Finding<Source>) -> Option<String> {
    let finding = &read.name;
    match &read.evidence {
        Source::Absent(package, version, _) | Source::Frees(package, version, _) => {
            let used = versions(package);
            let same = used.iter().any(|used| used == version);
            (!same).then(|| format!("{finding}: {package} {used:?}, read {version}"))
        }
        Source::Names(items) => {
            let source = text(NAMES);
            let has = |name: &str| source.contains(&format!("\n## {name}\n"));
            let missing = items.iter().find(|name| !has(name))?;
            Some(format!("{finding}: {NAMES} has no example of {missing}"))
        }
        Source::Elsewhere(files) => {
            let missing = files.iter().find(|file| !locate(file).exists())?;
            Some(format!("{finding}: {missing} does not exist"))
        }
    }
}

#[test]
fn what_was_read_for_a_finding_is_as_it_was() {
    let faults = CLAIMS.read.iter().filter_map(outdated);
    no_faults(faults, "read it again, and correct crates/lessons/claims.toml");
    // The first finding about C01 says so.
    assert_eq!(versions("actix"), [""; 0], "Cargo.lock has the actor framework");
}

#[test]
fn the_compiler_rejects_every_name_that_does_not_exist() {
    let source = text(NAMES);
    let count = |mark: &str| source.matches(mark).count();
    let rejected = (count("```rust,compile_fail,E0"), count("```rust,no_run"));
    let names = count("\n## ");
    assert_eq!(rejected, (names, names), "{NAMES}: give every name both examples");
}
