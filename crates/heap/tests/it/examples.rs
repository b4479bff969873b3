//! The examples as processes: what a service on another framework answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An example, which `cargo test` has built beside this test. Ends with its test.
struct Example {
    process: Child,
    port: u16,
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Example {
    /// Where the system has IPv6, the example listens on a socket of both families.
    fn start(name: &str) -> Self {
        let both = TcpListener::bind("[::]:0").is_ok();
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().unwrap().parent().unwrap().join("examples");
        let program =
            folder.join(name).with_extension(std::env::consts::EXE_EXTENSION);
        let mut process = Command::new(program)
            .arg(if both { "[::]:0" } else { "127.0.0.1:0" })
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
        Self { process, port }
    }

    /// Sends a request without its body.
    fn send(&self, request: &str, host: &str, bytes: usize) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-length: {bytes}\r\n\r\n"
        )
        .unwrap();
        stream
    }

    fn ask(&self, request: &str) -> (u16, String) {
        receive(self.send(request, "localhost", 0))
    }

    fn wait_for_in_flight(&self, number: u64) {
        let text = format!("\"in_flight\":{number},");
        let began = Instant::now();
        while !self.ask("GET /__heap?only=counters").1.contains(&text) {
            assert!(began.elapsed() < Duration::from_secs(60), "never {number}");
        }
    }
}

/// The status, and all of the response.
fn receive(mut stream: TcpStream) -> (u16, String) {
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    (response.split(' ').nth(1).unwrap().parse().unwrap(), response)
}

#[test]
fn every_framework_can_be_measured() {
    let _turn = crate::alone();
    for name in ["axum", "hyper"] {
        let example = Example::start(name);
        let mut slow = example.send("POST /", "localhost", 4);
        example.wait_for_in_flight(1);
        slow.write_all(b"body").unwrap();
        assert!(receive(slow).1.ends_with("body"));
        example.wait_for_in_flight(0);

        let other_name = example.send("GET /__heap", "evil.example", 0);
        assert_eq!(receive(other_name).0, 404);
        assert_eq!(example.ask("DELETE /__heap/peak").0, 204);
        assert_eq!(example.ask("POST /__heap/window?seconds=60").0, 204);
        assert_eq!(example.ask("POST /__heap/window").0, 409);
        let (status, profile) = example.ask("DELETE /__heap/window");
        assert!(status == 200 && profile.contains("\"rust-heap\""), "{profile}");
        assert_eq!(example.ask("DELETE /__heap/window").0, 409);
    }
}
