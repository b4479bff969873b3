//! Which crate may use which, and how large a crate may grow.

use crate::files::sources;
use crate::repository::{files, manifest, no_faults, text};
use std::collections::{BTreeMap, BTreeSet};
use toml::Table;

/// Its table of crates says what each crate may use of ours.
const LAYOUT: &str = "ARCHITECTURE.md";

/// It has no code: it gives dependencies the same features in every build.
const FOR_ALL: &str = "workspace-hack";

/// Above this share of all lines, in percent, a crate has more than one job.
const SHARE_MAX: usize = 20;

/// What each crate of ours depends on, for every purpose and platform.
fn members() -> BTreeMap<String, BTreeSet<String>> {
    let manifests = files("crates").into_iter().filter_map(|path| {
        let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        Some((name.to_owned(), dependencies(&manifest(&path))))
    });
    manifests.collect()
}

/// The names in every table of dependencies, `[target.…]` included.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let tables = manifest.iter().filter_map(|(key, v)| Some((key, v.as_table()?)));
    let names = |(key, table): (&String, &Table)| match key {
        key if key.ends_with("dependencies") => table.keys().cloned().collect(),
        _ => dependencies(table),
    };
    tables.flat_map(names).collect()
}

/// What each crate may use: the first and the last column of the table.
fn layout() -> BTreeMap<String, BTreeSet<String>> {
    let names = |cell: &str| -> BTreeSet<String> {
        let names = cell.split(',').map(|name| name.trim().trim_matches('`'));
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    let document = text(LAYOUT);
    let rows = document.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.trim_matches('|').split('|').collect::<Vec<_>>());
    let crates = cells.filter(|cells| cells.len() == 3);
    let rows = crates.flat_map(|cells| {
        let used = names(cells[2]);
        names(cells[0]).into_iter().map(move |name| (name, used.clone()))
    });
    rows.collect()
}

#[test]
fn crates_depend_on_each_other_as_the_layout_says() {
    let (members, layout) = (members(), layout());
    let allowed = |name: &str, used: &str| {
        used == FOR_ALL || layout.get(name).is_some_and(|row| row.contains(used))
    };
    let ours = members.iter().flat_map(|(name, used)| {
        let ours = used.iter().filter(|used| members.contains_key(*used));
        ours.map(move |used| (name, used))
    });
    let denied = ours.filter(|(name, used)| !allowed(name, used));
    no_faults(
        denied.map(|(name, used)| format!("{name} uses {used}")),
        "remove the dependency, or change the table in ARCHITECTURE.md",
    );
}

#[test]
fn no_crate_outgrows_the_others() {
    let mut lines = BTreeMap::<String, usize>::new();
    for (path, source) in sources() {
        let name = path.split('/').nth(1).unwrap_or_default().to_owned();
        *lines.entry(name).or_default() += source.lines().count();
    }
    let all: usize = lines.values().sum();
    let share = |lines: usize| 100.0 * lines as f64 / all as f64;
    let large = lines.iter().filter(|(_, own)| **own * 100 > all * SHARE_MAX);
    no_faults(
        large.map(|(name, own)| format!("{name}: {:.1} % of {all}", share(*own))),
        "move one of its jobs into a crate with room",
    );
}

#[test]
fn every_dependency_of_the_workspace_is_used() {
    let root = manifest("Cargo.toml");
    let offered = root["workspace"]["dependencies"].as_table().into_iter().flatten();
    let members = members();
    let used: BTreeSet<_> =
        members.values().flatten().chain(members.keys()).collect();
    no_faults(
        offered.map(|(name, _)| name.clone()).filter(|name| !used.contains(name)),
        "remove the line from [workspace.dependencies] in Cargo.toml",
    );
}
