//! The program's own command line. (What it serves is tested on both twins at once,
//! with an engine, in `leaklab`.)

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let program = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));
    Command::new(program).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_names_every_limit_and_ends_well() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for option in
        ["--listen", "--endpoint-url", "--measure", "--jobs-max", "Limits:"]
    {
        assert!(help.contains(option), "{option} is missing from\n{help}");
    }
}

#[test]
fn a_wrong_argument_is_wrong_usage() {
    for arguments in
        [&["--listen", "nowhere"][..], &["--workers", "0"], &["--nonsense"]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(arguments[0]), "{}", stderr(&output));
    }
}

#[test]
fn a_filter_that_is_none_is_named() {
    let output = run(&["--log", "a=b=c", "--endpoint-url", "http://127.0.0.1:9"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("--log a=b=c"), "{}", stderr(&output));
}

#[test]
fn a_port_that_is_taken_is_named_on_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command =
        Command::new(env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME"))));
    command
        .args(["--listen", &address, "--endpoint-url", "http://127.0.0.1:9"])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "us-east-1");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = stderr(&output);
    assert!(
        said.contains(&format!("cannot listen on {address} (--listen)")),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}
