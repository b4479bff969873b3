//! Profiles of foreign programs: one with dhat, and one under valgrind's DHAT.
//! `tests/profiles/` keeps a file of each, made from the example `hoarder` and from
//! `list.c`. Where the tools are installed, the tests make fresh ones, too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use profile::{Counts, InApp, Profile};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn stored(name: &str) -> Profile {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles");
    read(&folder.join(name))
}

fn read(file: &Path) -> Profile {
    Profile::parse(&std::fs::read(file).unwrap()).unwrap()
}

/// The sum over the in-app sites of a function in a file.
fn counts(profile: &Profile, file: &str, function: &str) -> Counts {
    let mut sum = Counts::default();
    for site in profile.sites(&InApp::below(file)) {
        if site.in_app && site.function.contains(function) {
            sum += site.counts;
        }
    }
    sum
}

fn is_of_the_list(profile: &Profile) {
    assert_eq!(
        (profile.mode.as_str(), profile.program().as_str()),
        ("heap", "list")
    );
    assert_eq!(profile.time_unit, "instrs");
    let keep = counts(profile, "list.c", "keep");
    assert_eq!((keep.end_bytes, keep.end_blocks), (5_600, 50));
    let drop = counts(profile, "list.c", "drop");
    assert_eq!((drop.total_bytes, drop.end_bytes), (204_800, 0));
    assert!(drop.mean_lifetime() < keep.mean_lifetime());
    assert_eq!(profile.totals().end_bytes, 5_600);
}

fn is_of_the_hoarder(profile: &Profile) {
    assert_eq!(profile.mode, "rust-heap");
    assert_eq!(profile.program(), "hoarder");
    // The boxes alone; the size of the list of boxes depends on how it doubles.
    let boxes: u64 = (1..=200).sum();
    let kept = counts(profile, "hoarder.rs", "hoarder::attic::Attic::keep");
    assert!(kept.end_bytes > boxes && kept.end_blocks == 201, "{kept:?}");
    let packages = profile.by_package();
    assert!(packages["hoarder"].end_bytes > boxes, "{packages:?}");
}

#[test]
fn a_profile_of_valgrind_opens() {
    is_of_the_list(&stored("valgrind.json"));
}

#[test]
fn a_profile_of_another_program_with_dhat_opens() {
    is_of_the_hoarder(&stored("hoarder.json"));
}

/// Whether a tool is installed. A test without its tool prints so and ends.
fn has(tool: &str) -> bool {
    let asked = Command::new(tool).arg("--version").stdout(Stdio::null()).status();
    let found = asked.is_ok_and(|status| status.success());
    if !found {
        eprintln!("skipped: there is no {tool}");
    }
    found
}

#[test]
fn a_fresh_profile_of_valgrind_opens() {
    if !has("valgrind") || !has("cc") {
        return;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/list.c");
    let run = |command: &mut Command| {
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    };
    run(Command::new("cc").args(["-g", "-O0", "-o", "list"]).arg(source));
    let mut valgrind = Command::new("valgrind");
    run(valgrind.args(["--tool=dhat", "--dhat-out-file=p.json", "./list"]));
    is_of_the_list(&read(&folder.path().join("p.json")));
}

#[test]
fn a_fresh_profile_of_another_program_with_dhat_opens() {
    // Cargo puts examples beside the folder of this test.
    let this = std::env::current_exe().unwrap();
    let built =
        this.parent().and_then(Path::parent).map(|f| f.join("examples/hoarder"));
    let Some(hoarder) = built.filter(|hoarder: &PathBuf| hoarder.exists()) else {
        eprintln!("skipped: the example hoarder is not built");
        return;
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(hoarder).arg(file.path()).output().unwrap().status;
    assert!(status.success());
    is_of_the_hoarder(&read(file.path()));
}
