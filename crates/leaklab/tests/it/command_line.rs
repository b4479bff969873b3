//! What the driver says, to people and to scripts.

use crate::fixture::{CONTROL, Leaklab, build_programs, contains, fits_a_pipe};
use std::process::Stdio;

#[test]
fn commands_print_what_is_documented() {
    build_programs();
    trycmd::TestCases::new().env("COLUMNS", "80").case("tests/cmd/*.md").run();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_every_command_and_no_panic() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let run = &format!("{root}/report/tests/made/comparison.json");
    let heap = &format!("{root}/profile/tests/profiles/hoarder.json");
    let few = ["--rounds", "4", "--requests", "20"];
    let compare = ["compare", CONTROL, "--twin", "fixed"];
    let listen = ["--listen", "127.0.0.1:0"];
    let commands: [&[&str]; 13] = [
        &["--help"],
        &["list"],
        &["explain", "l09"],
        &["claims", "--from", run],
        &["claims", "--from", run, "--format", "markdown"],
        &["gate", "--baseline", run, "--from", run],
        &["show", heap],
        &["diff", heap, heap, "--format", "json"],
        &[&compare[..], &few].concat(),
        &[&["run-under", "l11"], &few[..]].concat(),
        &["secrets", "--sessions", "1", "--other-requests", "0"],
        &[&["dynamo"], &listen[..]].concat(),
        &[&["serve", "fixed"], &listen[..]].concat(),
    ];
    for command in commands {
        let done = Leaklab::new(command).nowhere().on_a_full_disk().run();
        done.code(3).says(&["cannot write to stdout"]).leaves_nothing();
    }
}

#[test]
fn a_reader_that_has_left_is_no_error() {
    let dynamo = ["dynamo", "--listen", "127.0.0.1:0", "--exit-on-stdin-close"];
    for command in [&["list"][..], &["explain", "l09"], &dynamo, &["--help"]] {
        let mut leaklab = std::process::Command::new(env!("CARGO_BIN_EXE_leaklab"));
        leaklab.args(command).stdin(Stdio::null()).stderr(Stdio::piped());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let done = leaklab.stdout(writer).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{command:?}");
        assert_eq!(String::from_utf8_lossy(&done.stderr), "", "{command:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_error_that_cannot_be_printed_keeps_its_code() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut leaklab = std::process::Command::new(env!("CARGO_BIN_EXE_leaklab"));
    let status = leaklab.args(["explain", "nothing"]).stderr(full).status();
    assert_eq!(status.unwrap().code(), Some(2));
}

/// A comparison whose temporary folder is a file system of this size, if this machine
/// lets us mount one. Only root may mount, but everybody may be root of a namespace.
#[cfg(target_os = "linux")]
fn with_a_small_folder(size: &str) -> Option<Leaklab> {
    let can = std::process::Command::new("unshare").args(["-rm", "true"]).output();
    if !can.is_ok_and(|done| done.status.success()) {
        eprintln!("skipped: this machine has no namespaces of users");
        return None;
    }
    let mount = format!("mount -t tmpfs -o size={size} none \"$TMPDIR\"");
    let script = mount + " && exec \"$0\" \"$@\"";
    let compare =
        [script.as_str(), env!("CARGO_BIN_EXE_leaklab"), "compare", CONTROL];
    let run = Leaklab::program("unshare", &["-rm", "sh", "-c"]).args(&compare);
    Some(run.nowhere())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_temporary_folder_is_named_with_the_room_that_is_needed() {
    let Some(run) = with_a_small_folder("1m") else { return };
    let done = run.run().code(3);
    done.says(&["no room", "with space ", "TMPDIR", "MB"]).leaves_nothing();
}

#[cfg(target_os = "linux")]
#[test]
fn a_temporary_folder_that_fills_up_half_way_changes_no_verdict() {
    use std::io::Write;

    let Some(run) = with_a_small_folder("100m") else { return };
    let folder = run.temporary();
    let done = run.interrupted_when("fixed", |driver, _| {
        // As the driver sees it.
        let filler = format!("/proc/{driver}/root{}/filler", folder.display());
        let mut filler = std::fs::File::create(filler).unwrap();
        while filler.write_all(&[0; 4_096]).is_ok() {}
        while filler.write_all(&[0]).is_ok() {}
    });
    done.code(0).leaves_nothing();
}

#[test]
fn a_table_fits_eighty_columns_and_has_no_colour_in_a_pipe() {
    let done =
        Leaklab::compare(&[CONTROL, "--rounds", "4", "--requests", "60"]).run();
    contains(&done.stdout(), &[CONTROL]);
    // The folder's name is the user's.
    fits_a_pipe(done.stdout().lines().filter(|l| !l.contains("out put ")));
    assert_eq!(done.stderr(), "");
}

#[test]
fn the_file_is_what_json_prints() {
    let arguments =
        [CONTROL, "--twin", "fixed", "--rounds", "4", "--requests", "20"];
    let done = Leaklab::compare(&arguments).args(&["--format", "json"]).run();
    let file = std::fs::read_to_string(done.out("comparison.json")).unwrap();
    assert_eq!(file.trim(), done.stdout().trim());
    let comparison = done.json();
    assert_eq!(comparison["schema"], 2);
    assert_eq!(comparison["lessons"][0]["same_answers"], serde_json::Value::Null);
}
