//! Twins without the measuring routes, all of whose log is kept.

use crate::dropped::soon;
use acceptance::{Answer, Served, ask, build_programs, signal};
use dynamo::Target;
use leaklab::run::{connect, program};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::thread::JoinHandle;
use tokio::process::Command;
use workload::{Origin, Request};

/// A twin's command on a table.
pub(crate) fn command(
    name: &str,
    target: &Target,
    table: &str,
    arguments: &[&str],
) -> Command {
    build_programs();
    let mut command = Command::new(program(name).unwrap());
    connect(&mut command, target, table);
    command.args(arguments);
    command
}

/// A running twin.
pub(crate) struct Logged {
    child: Child,
    origin: Origin,
    log: JoinHandle<String>,
}

impl Logged {
    fn start(name: &str, target: &Target, table: &str, settings: &[&str]) -> Self {
        let arguments = [&["--listen", "127.0.0.1:0"], settings].concat();
        let mut command = command(name, target, table, &arguments).into_std();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A pipe that nobody reads would stop the service.
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).map(|_| log).unwrap()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        Self { child, origin: Origin(address.parse().unwrap()), log }
    }

    /// The same twin on the same table, with its database at this URL.
    pub(crate) fn beside(served: &Served<'_>, url: &str, settings: &[&str]) -> Self {
        let target = served.database.target.at(url.to_owned());
        Self::start(served.name, &target, served.database.table.name(), settings)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) async fn ask(&self, request: Request) -> Answer {
        ask(self.origin, request).await
    }

    /// Stops it; its exit code and its log.
    pub(crate) async fn stop(self) -> (Option<i32>, String) {
        signal("TERM", self.process());
        self.ended().await
    }

    /// Waits for its end; its exit code and its log.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        let ended = tokio::task::spawn_blocking(move || {
            (self.child.wait().unwrap().code(), self.log.join().unwrap())
        });
        soon(ended).await.unwrap()
    }
}

/// What a twin on a table logs while it is asked, as JSON.
pub(crate) async fn log_of(
    name: &str,
    target: &Target,
    table: &str,
    level: &str,
    asked: impl AsyncFnOnce(Origin),
) -> String {
    let settings = ["--log-format", "json", "--log", level];
    let twin = Logged::start(name, target, table, &settings);
    asked(twin.origin).await;
    let (code, log) = twin.stop().await;
    assert_eq!(code, Some(0), "{log}");
    log
}
