//! Child processes that print their address, whose log is quoted when they fail, and
//! which never outlive this process.
//!
//! A child's standard input is a pipe, and the child stops when the pipe closes, so it
//! ends even when this process is killed. It is the leader of a process group, so
//! Ctrl-C reaches this process only, which then stops the child.

use anyhow::{Context, Result, bail};
use profile::text::{Keep, visible};
use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

/// Startup timeout. Under valgrind a service takes five seconds to start on an idle
/// machine, and several times that on a busy one.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// Time from closing the pipe to killing the child.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// Time from a child's exit to the end of its output.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);
/// Time from a closed connection to the exit of the process that closed it.
const EXIT_WITHIN: Duration = Duration::from_secs(1);
/// What a child prints before its address.
const READY: &str = "listening on http://";
/// Lines of a child's log that are kept for an error message.
const LOG_LINES: usize = 50;

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    /// Open while the child is to run. It is not in `child`, whose `wait` would close
    /// it.
    stdin: Option<ChildStdin>,
    address: SocketAddr,
    log: Log,
    /// Reads its log.
    reader: JoinHandle<()>,
    /// Reads what the child prints after its address.
    printed: JoinHandle<Option<String>>,
}

/// A child's log, shared with the task that reads it.
type Log = Arc<Mutex<Lines>>;

/// The last lines of a log, or none once the log is shown.
#[derive(Debug, Default)]
struct Lines {
    shown: bool,
    kept: VecDeque<String>,
}

impl Process {
    /// Starts a program and waits until it has printed its address.
    ///
    /// # Errors
    /// It cannot be started, or exits, or prints no address in time. The message quotes
    /// the end of its log.
    pub async fn start(
        name: &str,
        program: &Path,
        mut command: Command,
    ) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let log = Log::default();
        let stdin = child.stdin.take();
        let stderr = child.stderr.take().expect("stderr is piped");
        let reader = tokio::spawn(read(stderr, Arc::clone(&log)));
        let mut stdout =
            BufReader::new(child.stdout.take().expect("stdout is piped"));
        let ready = tokio::time::timeout(READY_WITHIN, ready(&mut stdout)).await;
        let address = ready.as_ref().copied().ok().flatten();
        // Its later output must not fill the pipe.
        let printed = tokio::spawn(last_line(stdout));
        let name = name.to_owned();
        match address {
            Some(address) => {
                Ok(Self { name, child, stdin, address, log, reader, printed })
            }
            None if ready.is_err() => {
                bail!("{name} did not start within {} s", READY_WITHIN.as_secs())
            }
            None => {
                let how = child
                    .wait()
                    .await
                    .map_or_else(|e| e.to_string(), |s| s.to_string());
                // The end of its log may still be in the pipe.
                let _ = tokio::time::timeout(LAST_WORDS_WITHIN, reader).await;
                bail!("{name} did not start ({how}){}", last_words(&log))
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes its log to stderr from now on, and what it has logged so far.
    pub fn show_log(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).show();
    }

    /// The last lines of its log, unless it is shown.
    pub fn log(&self) -> Vec<String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.kept.iter().cloned().collect()
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its status, if it has exited.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// If it has exited: its status and the end of its log.
    pub fn exit_report(&mut self) -> Option<String> {
        let status = self.exit_status()?;
        Some(format!("{} ended ({status}){}", self.name, last_words(&self.log)))
    }

    /// The same for a process that may be about to exit: its connections close a moment
    /// before the system reports the exit.
    pub async fn exit_report_soon(&mut self) -> Option<String> {
        let _ = tokio::time::timeout(EXIT_WITHIN, self.child.wait()).await;
        self.exit_report()
    }

    /// Closes its standard input and waits until it exits; kills it if that takes long.
    pub async fn stop(mut self) {
        self.stop_within(STOP_WITHIN).await;
    }

    /// The same with another timeout; its status, or `None` if it was killed.
    pub async fn stop_within(&mut self, timeout: Duration) -> Option<ExitStatus> {
        drop(self.stdin.take());
        match tokio::time::timeout(timeout, self.child.wait()).await {
            Ok(ended) => ended.ok(),
            Err(_) => {
                self.kill().await;
                None
            }
        }
    }

    /// The same; the last line that it printed, if it exited with success.
    pub async fn last_line_within(mut self, timeout: Duration) -> Option<String> {
        let well = self.stop_within(timeout).await?.success();
        let line = tokio::time::timeout(LAST_WORDS_WITHIN, self.printed).await;
        line.ok()?.ok()?.filter(|_| well)
    }

    /// The same; whether it exited with success, and the last lines of its log.
    pub async fn log_within(mut self, timeout: Duration) -> (bool, Vec<String>) {
        let status = self.stop_within(timeout).await;
        let _ = tokio::time::timeout(LAST_WORDS_WITHIN, &mut self.reader).await;
        (status.is_some_and(|s| s.success()), self.log())
    }

    /// Kills it, and keeps its log.
    pub async fn kill(&mut self) {
        // `kill` also waits; an error means that it has exited already.
        let _ = self.child.kill().await;
    }

    /// Waits until it exits by itself; its exit report.
    pub async fn ended(&mut self) -> String {
        let _ = self.child.wait().await;
        self.exit_report().unwrap_or_else(|| format!("{} ended", self.name))
    }
}

/// The address that a child prints. A tool that it runs under may print something
/// before.
async fn ready(stdout: &mut (impl AsyncBufRead + Unpin)) -> Option<SocketAddr> {
    let mut lines = stdout.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix(READY) {
            return address.parse().ok();
        }
    }
    None
}

/// Reads to the end; the last line.
async fn last_line(stdout: impl AsyncBufRead + Unpin) -> Option<String> {
    let mut lines = stdout.lines();
    let mut last = None;
    while let Ok(Some(line)) = lines.next_line().await {
        last = Some(line);
    }
    last
}

async fn read(stderr: impl AsyncRead + Unpin, log: Log) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().unwrap_or_else(PoisonError::into_inner).add(line);
    }
}

impl Lines {
    fn add(&mut self, line: String) {
        if self.shown {
            return show(&line);
        }
        if self.kept.len() == LOG_LINES {
            self.kept.pop_front();
        }
        self.kept.push_back(line);
    }

    /// Shows what was kept, and every line from now on.
    fn show(&mut self) {
        self.shown = true;
        self.kept.drain(..).for_each(|line| show(&line));
    }
}

/// Prints a line to stderr. When that fails there is nobody to tell.
fn show(line: &str) {
    let line = visible(line, Keep::Nothing);
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// The last line of a log that was not shown, for a message of one line.
fn last_words(log: &Log) -> String {
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    let said = |line: &&String| {
        // A JSON line that is no error says nothing about the end.
        let other = line.starts_with("note:") || line.contains(r#""level":"INFO""#);
        !line.trim().is_empty() && !other
    };
    log.kept
        .iter()
        .rev()
        .find(said)
        .map_or_else(String::new, |line| format!(": {line}"))
}
