//! Every command builds the dependencies with the same features, so that they are built
//! once: the AWS SDK alone takes minutes.

use crate::files::scripts;
use crate::repository::{all, locate, no_faults, text};
use std::collections::BTreeSet;
use std::process::Command;

/// Every package of a build with its version and features, a line each.
fn resolved(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(locate(""))
        .args(["tree", "--offline", "--locked", "--prefix=none", "--format={p} {f}"])
        .args(arguments)
        .output()
        .expect("cargo runs this test");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree {arguments:?}: {errors}");
    let lines = String::from_utf8_lossy(&output.stdout);
    lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// The programs that scripts/compare.sh builds, as cargo's options.
fn compared() -> Vec<String> {
    let script = text("scripts/compare.sh");
    let mut words = script.split_whitespace();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if word == "-p" {
            found.extend([word.to_owned(), words.next().unwrap_or_default().to_owned()]);
        }
    }
    assert!(!found.is_empty(), "scripts/compare.sh builds no package by name");
    found
}

#[test]
fn a_comparison_and_the_tests_share_one_build_of_the_dependencies() {
    let packages = compared();
    let mut arguments: Vec<_> = packages.iter().map(String::as_str).collect();
    arguments.extend(["-e", "normal,build"]);
    let comparison = resolved(&arguments);
    for other in [&["--workspace", "-e", "normal,build"][..], &["--workspace"]] {
        let other_build = resolved(other);
        no_faults(
            comparison.difference(&other_build).cloned(),
            "these packages get other features with --workspace; ask for the same \
             features in both builds, in Cargo.toml",
        );
    }
}

/// The arguments of every cargo command in the documents and the scripts, with its file.
fn commands() -> Vec<(String, String)> {
    let documents = all(".md").into_iter().chain(scripts());
    let mut found = Vec::new();
    for path in documents.filter(|path| !path.starts_with("docs/output/")) {
        for line in text(&path).lines() {
            let uses = line.split("cargo ").skip(1);
            let uses = uses.map(|rest| rest.split(['`', '#', ';', '|']).next());
            let uses = uses.flatten().map(|command| command.trim().to_owned());
            found.extend(uses.map(|command| (path.clone(), command)));
        }
    }
    found
}

#[test]
fn every_cargo_command_that_is_shown_shares_that_build() {
    let packages = compared().join(" ");
    // They need none of the SDK.
    let small = ["-p heap", "-p profile"];
    let builds = |command: &str| {
        let word = command.split_whitespace().next().unwrap_or_default();
        matches!(word, "b" | "build" | "r" | "run" | "t" | "test" | "bench" | "clippy")
    };
    let shares = |command: &str| {
        command.contains("--workspace")
            || command.contains(&packages)
            || small.iter().any(|small| command.contains(small))
    };
    let faults = commands().into_iter().filter(|(_, c)| builds(c) && !shares(c));
    no_faults(
        faults.map(|(path, command)| format!("{path}: cargo {command}")),
        "use --workspace: with `-p` cargo chooses other features and builds the SDK \
         again",
    );
}
