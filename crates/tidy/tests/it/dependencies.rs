//! Which crate may use which: ARCHITECTURE.md draws it, the manifests must agree.

use crate::repository::{files, no_faults, text};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

/// Every edge between our own crates.
const EDGES: &[(&str, &[&str])] = &[
    ("decoys", &["heap", "model", "service"]),
    ("dynamo", &["model"]),
    ("fixed", &["heap", "model", "service"]),
    ("heap", &[]),
    ("leaklab", &["dynamo", "heap", "model", "profile", "workload"]),
    ("leaky", &["heap", "model", "service"]),
    ("model", &[]),
    ("profile", &[]),
    ("service", &["heap", "model"]),
    ("syllabus", &[]),
    ("tidy", &["model"]),
    ("workload", &["model"]),
];

fn manifest(path: &str) -> Table {
    text(path).parse().unwrap_or_else(|error| {
        panic!("{path} is no TOML: {error}\ncure: correct the manifest")
    })
}

/// What each member depends on, for whatever purpose and platform.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let manifests = files("crates").into_iter().filter_map(|path| {
        let folder = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        Some((folder.to_owned(), dependencies(&manifest(&path))))
    });
    manifests.collect()
}

/// The names in every table of dependencies, those of `[target.…]` too.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in manifest {
        let Value::Table(table) = value else { continue };
        if key.ends_with("dependencies") {
            found.extend(table.keys().cloned());
        } else if key == "target" {
            let platforms = table.values().filter_map(Value::as_table);
            found.extend(platforms.flat_map(dependencies));
        }
    }
    found
}

#[test]
fn crates_depend_on_each_other_as_the_architecture_says() {
    let members = members();
    let ours = |name: &&String| members.contains_key(*name);
    let found = members.iter().map(|(name, dependencies)| {
        let own: Vec<_> =
            dependencies.iter().filter(ours).map(String::as_str).collect();
        (name.as_str(), own)
    });
    let expected = EDGES.iter().map(|&(name, own)| (name, own.to_vec()));
    assert_eq!(
        found.collect::<Vec<_>>(),
        expected.collect::<Vec<_>>(),
        "crates/*/Cargo.toml: other edges than in ARCHITECTURE.md\ncure: remove the \
         dependency, or change ARCHITECTURE.md and the list in this file"
    );
}

#[test]
fn every_dependency_of_the_workspace_is_used() {
    let root = manifest("Cargo.toml");
    let offered = root["workspace"]["dependencies"].as_table();
    let offered =
        offered.expect("cargo would not have built this without the table");
    let used: BTreeSet<_> = members().into_values().flatten().collect();
    no_faults(
        offered.keys().filter(|name| !used.contains(*name)).cloned(),
        "remove the line from [workspace.dependencies] in Cargo.toml",
    );
}
