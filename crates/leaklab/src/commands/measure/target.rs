//! The service that is measured: started and always stopped, or found at its address.

use super::source;
use crate::cli::Measure;
use crate::failure::Failure;
use anyhow::{Context, Result, anyhow};
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// Time to accept the first connection. A debug build that reads its data takes seconds.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Time for an answer that says that it is ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Time after which a service that doesn't answer has not ended.
const ENDED_WITHIN: Duration = Duration::from_secs(1);
/// Time from SIGTERM to SIGKILL.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of its log that are read for its last lines.
const LOG_END: u64 = 16_384;
/// Lines of its log that an error quotes.
const LAST_LINES: usize = 5;

/// Lets Python's interpreter take each object from malloc, where it is counted.
const PYTHON: (&str, &str) = ("PYTHONMALLOC", "malloc");

/// Ends what this process cannot end any more: the pipe closes when it is killed.
const WATCHER: &str = "read -r _; kill -s KILL -- \"-$1\"";

/// The variable that puts a library into a program.
pub(super) type Variable = (&'static str, OsString);

/// A service that was started. Dropping it kills its whole process group.
pub(super) struct Target {
    child: Child,
    /// Kills the group if this process is killed. It has a group of its own.
    _watcher: Child,
    group: u32,
    log: PathBuf,
}

impl Target {
    /// Starts the command and waits until it accepts connections at the address or, with
    /// `--ready`, answers there. Without a command, something must accept them already.
    pub(super) async fn start(
        arguments: &Measure,
        variable: Option<Variable>,
        address: SocketAddr,
    ) -> Result<Option<Self>, Failure> {
        match (arguments.command.is_empty(), is_open(address).await) {
            (true, true) => return Ok(None),
            (true, false) => {
                return Err(Failure::Usage(format!(
                    "nothing accepts connections at {address}; start the service, or \
                     give its command after --"
                )));
            }
            (false, true) => {
                return Err(Failure::Usage(format!(
                    "{address} is taken by another process; stop it, or measure it \
                     with --url {address} and no command"
                )));
            }
            (false, false) => {}
        }
        let mut target = Self::spawn(arguments, variable)?;
        target.ready(address, arguments.ready.as_deref()).await?;
        Ok(Some(target))
    }

    /// Starts the command.
    pub(super) fn spawn(
        arguments: &Measure,
        variable: Option<Variable>,
    ) -> Result<Self, Failure> {
        let command = arguments.command.split_first();
        let (program, words) = command.context("the command is empty")?;
        let log = arguments.out.join("service.log");
        let file = File::create(&log);
        let file =
            file.with_context(|| format!("cannot write the log {}", log.display()))?;
        let errors = file.try_clone().context("cannot write the log")?;
        let python = variable.as_ref().map(|_| PYTHON);
        let child = Command::new(program)
            .args(words)
            .envs(python.filter(|(name, _)| env::var_os(name).is_none()))
            .envs(variable)
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                let program = program.to_string_lossy();
                Failure::Usage(format!("cannot start {program} ({error})"))
            })?;
        let group = child.id().context("it ended at once")?;
        let watcher = Command::new("sh")
            .args(["-c", WATCHER, "leaklab", &group.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context(
                "cannot start sh, which ends the service if leaklab is killed",
            )?;
        Ok(Self { child, _watcher: watcher, group, log })
    }

    /// The number of its process.
    pub(super) fn process(&self) -> u32 {
        self.group
    }

    async fn ready(
        &mut self,
        address: SocketAddr,
        path: Option<&str>,
    ) -> Result<()> {
        let began = Instant::now();
        let is_ready = async || match path {
            None => is_open(address).await,
            Some(path) => answers(address, path).await,
        };
        while !is_ready().await {
            if let Some(ended) = self.ended() {
                return Err(anyhow!(ended));
            }
            if began.elapsed() > READY_WITHIN {
                let waited = READY_WITHIN.as_secs();
                let what = path.map_or_else(
                    || format!("nothing accepts connections at {address}"),
                    |path| format!("GET http://{address}{path} has no success"),
                );
                return Err(anyhow!(
                    "{what} after {waited} s; its log ends: {}",
                    self.last_words()
                ));
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// If it has ended: how, and its last words.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!(
            "the service ended ({status}); its log ends: {}",
            self.last_words()
        ))
    }

    /// The same for a service that has just stopped answering: the system may need a
    /// moment to say that it has ended.
    pub(super) async fn ended_by_now(&mut self) -> Option<String> {
        let _ = timeout(ENDED_WITHIN, self.child.wait()).await;
        self.ended()
    }

    /// The end of its log, in lines.
    pub(super) fn log(&self) -> Vec<String> {
        let end = || -> std::io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_END)))?;
            let mut end = Vec::new();
            file.take(LOG_END).read_to_end(&mut end)?;
            Ok(String::from_utf8_lossy(&end).into_owned())
        };
        end().unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn last_words(&self) -> String {
        let mut lines = self.log();
        lines.retain(|line| !line.trim().is_empty());
        match lines.len() {
            0 => "(empty)".to_owned(),
            all => lines[all.saturating_sub(LAST_LINES)..].join(" | "),
        }
    }

    /// Kills it and what it has started.
    pub(super) async fn kill(&mut self) {
        kill("-KILL", self.group);
        let _ = timeout(STOP_WITHIN, self.child.wait()).await;
    }

    /// Asks it to stop, and kills it if that takes long.
    pub(super) async fn stop(mut self) {
        kill("-TERM", self.group);
        let _ = timeout(STOP_WITHIN, self.child.wait()).await;
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Also what a script has started.
        kill("-KILL", self.group);
    }
}

/// Sends a signal to a process group.
fn kill(signal: &str, group: u32) {
    let group = format!("-{group}");
    let mut kill = std::process::Command::new("kill");
    let _ = kill.args([signal, "--", &group]).stderr(Stdio::null()).status();
}

/// Whether a process accepts connections there.
async fn is_open(address: SocketAddr) -> bool {
    timeout(Duration::from_secs(1), TcpStream::connect(address))
        .await
        .is_ok_and(|connected| connected.is_ok())
}

/// Whether a GET is answered with a success.
async fn answers(address: SocketAddr, path: &str) -> bool {
    let answer = timeout(ANSWER_WITHIN, source::get(address, path)).await;
    answer.is_ok_and(|answer| answer.is_ok())
}

/// The process of this system that listens at a port.
pub(super) fn listener(port: u16) -> Option<u32> {
    let port = format!(":{port:04X}");
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].iter().find_map(|table| {
        let table = fs::read_to_string(table).ok()?;
        table.lines().find_map(|line| {
            // Address, state 0A for listening, and the inode.
            let fields: Vec<_> = line.split_whitespace().collect();
            let listens = fields.get(1)?.ends_with(&port) && *fields.get(3)? == "0A";
            listens
                .then(|| fields.get(9).map(|inode| format!("socket:[{inode}]")))?
        })
    })?;
    let holds = |process: u32| {
        let files =
            fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
        let mut targets =
            files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        targets.any(|target| target.as_os_str() == inode.as_str())
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut numbers =
        processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.find(|process| holds(*process))
}
