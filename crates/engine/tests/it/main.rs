//! The engine as a child process: it says where it listens, and ends with its parent.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_leaklab-engine"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until it listens.
fn address(engine: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(engine.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim().strip_prefix("listening on http://").unwrap().to_owned()
}

#[test]
fn it_serves_until_standard_input_closes_or_a_signal_arrives() {
    for by_signal in [false, true] {
        let mut engine = start(&["127.0.0.1:0"]);
        let address = address(&mut engine);
        TcpStream::connect(&address).unwrap();
        let stdin = engine.stdin.take();
        if by_signal {
            let id = engine.id().to_string();
            assert!(Command::new("kill").arg(id).status().unwrap().success());
        } else {
            drop(stdin);
        }
        assert!(engine.wait().unwrap().success());
        assert!(TcpStream::connect(&address).is_err());
    }
}

#[test]
fn what_is_wrong_with_an_address_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (arguments, says) in [
        (&[][..], "usage: leaklab-engine IP:PORT"),
        (&["localhost"], "usage: leaklab-engine IP:PORT"),
        (&[&taken], &format!("cannot listen on {taken} (--listen)")),
    ] {
        let mut engine = start(arguments);
        let mut said = String::new();
        engine.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(!engine.wait().unwrap().success());
        assert!(said.starts_with(says) && said.lines().count() == 1, "{said}");
    }
}
