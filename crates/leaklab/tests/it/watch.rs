//! `leaklab measure --for` on a service that has its own traffic.

use crate::fixture::{Leaklab, Started, parsed};
use crate::measure::Shelf;
use acceptance::contains;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
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
        self.shelf.path("out/watch.jsonl")
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

    fn watch(&self, arguments: &[&str]) -> Started {
        self.watch_in("out", arguments)
    }

    fn watch_in(&self, folder: &str, arguments: &[&str]) -> Started {
        let folder = self.shelf.path(folder);
        let output = ["--output", folder.to_str().unwrap()];
        let watch = ["measure", "--for", "1h", "--every", "20ms"];
        Leaklab::new(&watch).args(&output).args(arguments).start()
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
    line.starts_with("{\"sample\"")
}

#[test]
fn a_watch_is_left_taken_up_and_goes_on_after_a_restart() {
    let mut service = Service::start();
    let url = service.shelf.address.to_string();
    let watch = service.watch(&["--url", &url]);
    service.until(64, is_sample);
    let left = watch.interrupted().code(1);
    contains(&left.stdout(), &["shelf", "GROWS", "open files an hour", "is met in"]);
    contains(&left.stderr(), &["by heap every 20ms for 1h"]);
    // Taken up. The service is killed meanwhile, and started again.
    let watch = service.watch(&["--url", &url]);
    service.until(80, is_sample);
    service.kill();
    service.until(1, |line| line.starts_with("{\"ended\""));
    service.child = run(&service.shelf);
    service.until(2, |line| line.starts_with("{\"service\""));
    let left = watch.interrupted();
    contains(
        &left.stderr(),
        &["judges watch.jsonl with ", "waiting for another one"],
    );
    contains(&left.stdout(), &[" has ended", "before: "]);
    // A crash in the middle of a line changes nothing, and it is judged at any time.
    let mut file = fs::read(service.file()).unwrap();
    file.extend(b"{\"sample\":{\"at\":17");
    fs::write(service.file(), file).unwrap();
    let file = service.file();
    let judge = ["measure", "--format", "json", "--judge", file.to_str().unwrap()];
    let judged = parsed(&Leaklab::new(&judge).run().stdout());
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
    let done = watch.ended();
    assert!([1, 3].map(Some).contains(&done.exit()), "{}", done.stderr());
    contains(&done.stdout(), &[" has ended", "resident bytes", "physical memory"]);
    let script = "echo last words; sleep 1; exit 7";
    let watch = service.watch_in("other", &["--", "sh", "-c", script]);
    contains(&watch.ended().code(3).stdout(), &["exit status: 7", "last words"]);
}

#[test]
fn another_service_and_none_are_refused() {
    let service = Service::start();
    let process = service.child.id().to_string();
    let this = std::process::id().to_string();
    let watch = service.watch(&["--pid", &process]);
    service.until(1, is_sample);
    watch.interrupted();
    for (arguments, expected) in [
        (["--pid", &this], "has samples of shelf"),
        (["--url", "127.0.0.1:9"], "nothing accepts connections"),
    ] {
        let done = service.watch(&arguments).ended().code(2);
        contains(&done.stderr(), &[expected]);
    }
}
