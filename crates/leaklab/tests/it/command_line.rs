//! What the driver says, to people and to scripts.

use crate::fixture::{CONTROL, Leaklab, build_programs, contains, fits_a_pipe};

#[test]
fn commands_print_what_is_documented() {
    build_programs();
    trycmd::TestCases::new().env("COLUMNS", "80").case("tests/cmd/*.md").run();
}

#[test]
fn an_output_folder_that_cannot_be_written_is_wrong_usage() {
    let done = Leaklab::new(&["compare", "--out", "/dev/null/here"]).run();
    done.code(2).says(&["/dev/null/here", "--out"]).leaves_nothing();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    for command in [&["list"][..], &["explain", "l09"]] {
        let full =
            std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut leaklab = std::process::Command::new(env!("CARGO_BIN_EXE_leaklab"));
        let done = leaklab.args(command).stdout(full).output().unwrap();
        assert_eq!(done.status.code(), Some(3), "{command:?}");
        contains(
            &String::from_utf8_lossy(&done.stderr),
            &["cannot write to stdout"],
        );
    }
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
