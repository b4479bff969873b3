//! Every command builds shared dependencies with the same features, so that none of
//! them builds the AWS SDK or the engine a second time.

use crate::repository::{files, locate, manifest, no_faults};
use std::collections::BTreeSet;
use std::process::Command;

/// What takes minutes to build.
const SLOW: [&str; 2] = ["aws-sdk-dynamodb", "dynoxide-rs"];

/// The crates that a selection of packages builds, each as `name version [features]`.
fn tree(selection: &[&str], edges: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--edges", edges])
        .args(["--format", "{p} [{f}]"])
        .args(selection)
        .current_dir(locate(""))
        .output()
        .expect("cargo runs this test");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree {selection:?}: {said}");
    let lines = String::from_utf8_lossy(&output.stdout);
    let external = lines.lines().filter(|line| !line.contains("(/"));
    external.map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// The line without its features.
fn version(line: &str) -> &str {
    line.split(" [").next().unwrap_or(line)
}

fn has_slow(tree: &BTreeSet<String>) -> bool {
    tree.iter().any(|line| SLOW.iter().any(|slow| line.starts_with(slow)))
}

/// The slow crates and all that they are built from.
fn below_slow() -> BTreeSet<String> {
    let lines =
        SLOW.iter().flat_map(|slow| tree(&["--package", slow], "normal,build"));
    lines.map(|line| version(&line).to_owned()).collect()
}

#[test]
fn shared_dependencies_have_one_set_of_features() {
    let expected = tree(&["--workspace"], "normal,build");
    let below_slow = below_slow();
    let mut faults = Vec::new();
    for path in files("crates") {
        if !path.ends_with("/Cargo.toml") {
            continue;
        }
        let manifest = manifest(&path);
        let Some(package) = manifest["package"]["name"].as_str() else { continue };
        for edges in ["normal,build", "normal,build,dev"] {
            let found = tree(&["--package", package], edges);
            if !has_slow(&found) {
                continue;
            }
            // A variant beside the usual one, for a build script, rebuilds nothing else.
            let usual = |line: &str| {
                let mut same =
                    expected.iter().filter(|e| version(e) == version(line));
                same.all(|line| found.contains(line))
            };
            let other = found.difference(&expected);
            let other = other.filter(|line| below_slow.contains(version(line)));
            let other = other.filter(|line| !usual(line));
            faults.extend(other.map(|line| format!("{package} ({edges}): {line}")));
        }
    }
    no_faults(
        faults,
        "give these crates in crates/workspace-hack/Cargo.toml the features that \
         `cargo tree --workspace --format '{p} [{f}]'` shows",
    );
}
