//! `leaklab measure --for` on a service that has its own traffic.

use crate::measure::{Shelf, text};
use acceptance::contains;
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

const A_WHILE: Duration = Duration::from_millis(10);

/// The example, running, and the file of its watch.
struct Service {
    shelf: Shelf,
    child: Child,
}

impl Service {
    fn start() -> Self {
        let shelf = Shelf::new();
        let child = run(&shelf);
        Self { shelf, child }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn file(&self) -> PathBuf {
        self.shelf.path("out/watch.csv")
    }

    /// Waits until the file has this number of lines of a kind, with some traffic for each.
    fn until(&self, lines: usize, kind: impl Fn(&str) -> bool) {
        let mut sent = 0;
        loop {
            let file = fs::read_to_string(self.file()).unwrap_or_default();
            let found = file.lines().filter(|line| kind(line)).count();
            if found >= lines {
                return;
            }
            for _ in sent..found {
                post(self.shelf.address, "/keep", 40_000);
                post(self.shelf.address, "/open", 0);
            }
            sent = found;
            sleep(A_WHILE);
        }
    }

    fn watch(&self, arguments: &[&str]) -> Child {
        self.watch_in("out", arguments)
    }

    fn watch_in(&self, folder: &str, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leaklab"));
        command.args(["measure", "--for", "1h", "--every", "20ms", "--output"]);
        command.arg(self.shelf.path(folder)).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the example, and waits until it listens.
fn run(shelf: &Shelf) -> Child {
    let address = shelf.address.to_string();
    let mut command = Command::new(&shelf.program);
    let child = command.arg(address).stdout(Stdio::null()).spawn().unwrap();
    while TcpStream::connect(shelf.address).is_err() {
        sleep(A_WHILE);
    }
    child
}

fn post(address: SocketAddr, path: &str, bytes: usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "Host: x\r\nConnection: close\r\nContent-Length:";
    let body = "x".repeat(bytes);
    write!(stream, "POST {path} HTTP/1.1\r\n{head} {bytes}\r\n\r\n{body}").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

fn is_sample(line: &str) -> bool {
    !line.starts_with('#')
}

fn interrupted(child: Child) -> Output {
    let process = child.id().to_string();
    Command::new("kill").args(["-INT", &process]).status().unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_watch_is_left_taken_up_and_goes_on_after_a_restart() {
    let mut service = Service::start();
    let url = service.shelf.address.to_string();
    let watch = service.watch(&["--url", &url]);
    service.until(64, is_sample);
    let output = interrupted(watch);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    contains(&out, &["shelf", "GROWS", "open files an hour", "is met in"]);
    contains(&err, &["by heap every 20ms for 1h"]);
    // Taken up. The service is killed meanwhile, and started again.
    let watch = service.watch(&["--url", &url]);
    service.until(80, is_sample);
    service.kill();
    service.until(1, |line| line.starts_with("#{\"ended\""));
    service.child = run(&service.shelf);
    service.until(2, |line| line.starts_with("#{\"service\""));
    let output = interrupted(watch);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    contains(&err, &["judges watch.csv with ", "waiting for another one"]);
    contains(&out, &[" has ended", "before: "]);
    // A crash in the middle of a line changes nothing, and it is judged at any time.
    let mut file = fs::read(service.file()).unwrap();
    file.extend(b"1764288944.000,12");
    fs::write(service.file(), file).unwrap();
    let mut judge = Command::new(env!("CARGO_BIN_EXE_leaklab"));
    judge.args(["measure", "--format", "json", "--judge"]).arg(service.file());
    let judged = judge.output().unwrap();
    let judged: Value = serde_json::from_slice(&judged.stdout).unwrap();
    let stretches = judged["stretches"].as_array().unwrap();
    assert_eq!(stretches.len(), 2, "{judged:#}");
    let first = &stretches[0];
    assert!(first["samples"].as_u64().unwrap() >= 80, "{judged:#}");
    assert_eq!(first["service"]["instrument"], "heap");
    assert!(first["memory"]["per_hour"].as_f64().unwrap() > 0.0, "{judged:#}");
}

#[test]
fn a_service_that_dies_is_judged_by_what_there_is() {
    let mut service = Service::start();
    let process = service.child.id().to_string();
    let watch = service.watch(&["--pid", &process]);
    service.until(20, is_sample);
    service.kill();
    let output = watch.wait_with_output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!([1, 3].map(Some).contains(&output.status.code()), "{out}{err}");
    contains(&out, &[" has ended", "resident bytes", "physical memory"]);
    let script = "echo last words; sleep 1; exit 7";
    let watch = service.watch_in("other", &["--", "sh", "-c", script]);
    let output = watch.wait_with_output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{out}{err}");
    contains(&out, &["exit status: 7", "last words"]);
}

#[test]
fn what_cannot_be_watched_is_said_in_words() {
    let service = Service::start();
    let process = service.child.id().to_string();
    let this = std::process::id().to_string();
    drop(interrupted({
        let watch = service.watch(&["--pid", &process]);
        service.until(1, is_sample);
        watch
    }));
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (arguments, code, expected) in [
        (&[][..], 2, "--url ADDRESS, --pid PID, or its command after --"),
        (&["--requests", "x.http"], 2, "leave out --requests"),
        (&["--every", "1"], 2, "such as 500ms, 30s or 8h"),
        (&["--pid", "4000000000"], 2, "no process 4000000000"),
        (&["--pid", &this], 2, "has samples of shelf"),
        (&["--pid", &process, "--instrument", "heap"], 2, "heap needs --url"),
        (&["--url", "127.0.0.1:9"], 2, "nothing accepts connections"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leaklab"));
        command.args(["measure", "--for", "1h", "--output"]);
        let output = command.arg(service.shelf.path("out")).args(arguments).output();
        let output = output.unwrap();
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{err}");
        contains(&err, &[expected]);
    }
    let mut judge = Command::new(env!("CARGO_BIN_EXE_leaklab"));
    let output = judge.args(["measure", "--judge", manifest]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    contains(&text(&output.stderr), &["is no file of a watch"]);
}
