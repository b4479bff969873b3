//! Profiles made by others: by another program with dhat, and by valgrind's DHAT.
//! Files of both are kept in `tests/profiles/`, made from `list.c` and from the example
//! `hoarder`; fresh ones are made where the tools are.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use profile::{Counts, Moment, Profile};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn kept(name: &str) -> Profile {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles");
    read(&folder.join(name))
}

fn read(file: &Path) -> Profile {
    Profile::parse(&std::fs::read(file).unwrap()).unwrap()
}

/// The counts of the only site in this file.
fn of(profile: &Profile, file: &str, function: &str) -> Counts {
    let holders = profile.holders(|place| place.contains(file));
    let named = |frame: &profile::Frame| frame.function.contains(function);
    let mut found = holders
        .iter()
        .filter(|holder| holder.own && holder.frame.as_ref().is_some_and(named));
    let first = found.next().unwrap().counts;
    found.fold(first, |mut sum, holder| {
        sum += holder.counts;
        sum
    })
}

fn is_of_the_list(profile: &Profile) {
    assert_eq!((profile.mode(), profile.program().as_str()), ("heap", "list"));
    assert_eq!(profile.time_unit(), "instrs");
    let keep = of(profile, "list.c", "keep");
    assert_eq!((keep.end_bytes, keep.end_blocks), (5_600, 50));
    let drop = of(profile, "list.c", "drop");
    assert_eq!((drop.total_bytes, drop.end_bytes), (204_800, 0));
    assert!(drop.mean_lifetime() < keep.mean_lifetime());
    assert_eq!(profile.totals().end_bytes, 5_600);
}

fn is_of_the_hoarder(profile: &Profile) {
    assert_eq!(profile.mode(), "rust-heap");
    assert_eq!(profile.program(), "hoarder");
    let sites = profile.sites(Moment::End, |place| place.contains("hoarder.rs"));
    let keep = &sites[0].own_frame.as_ref().unwrap().function;
    assert!(keep.contains("hoarder::attic::Attic::keep"), "{keep}");
    // The boxes alone; the list of them is larger or not as it happens to grow.
    let boxes: u64 = (1..=200).sum();
    let kept = of(profile, "hoarder.rs", "keep");
    assert!(kept.end_bytes > boxes && kept.end_blocks == 201, "{kept:?}");
    let packages = profile.by_package();
    assert!(packages["hoarder"].end_bytes > boxes, "{packages:?}");
}

#[test]
fn a_profile_of_valgrind_opens() {
    is_of_the_list(&kept("valgrind.json"));
}

#[test]
fn a_profile_of_another_program_with_dhat_opens() {
    is_of_the_hoarder(&kept("hoarder.json"));
}

/// Whether the tool is there; if it is not, the test says so and ends.
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
    // Beside the folder of this test, if cargo built the examples, too.
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
