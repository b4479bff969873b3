//! Services as processes: found beside this program, started for measuring.

use crate::cli::MemoryLimit;
use crate::run::{Database, Run, engine};
use anyhow::{Context, Result, anyhow, bail};
use dynamo::Target;
use limit::{Killed, Limit};
use measure::Process;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use workload::Origin;

/// How long a service may take to end after its measurement. A bounded write-behind
/// queue takes three batches of a second; most others have nothing left to do.
const EXIT_WITHIN: Duration = Duration::from_secs(4);

/// What a service is started under: nothing, or a tool that watches it.
#[derive(Debug, Clone, Default)]
pub struct Under {
    /// The tool and its arguments; the service's command line follows them.
    pub command: Vec<OsString>,
    /// Environment variables beside those of this process.
    pub environment: Vec<(String, String)>,
    /// What the service logs, as it takes it; errors by default.
    pub log: Option<&'static str>,
    /// Where it listens; on a free port by default.
    pub listen: Option<SocketAddr>,
    /// How much memory it may have.
    pub memory: MemoryLimit,
}

impl Under {
    /// Starts a program with one worker, to be measured against the table of a database,
    /// whose address may be that of a proxy. A tool must pass standard input and output on.
    ///
    /// # Errors
    /// The program or the tool does not start.
    pub async fn start(
        &self,
        name: &str,
        run: &Run,
        database: &Database,
        target: &Target,
        settings: &[&str],
    ) -> Result<Running> {
        // Each worker has its own pools, and chance decides which worker serves a request.
        let usual = ["--workers", "1", "--log", self.log.unwrap_or("error")];
        let settings = [&usual[..], settings].concat();
        self.start_with(name, run, database, target, &settings).await
    }

    /// The same with these settings only: the program's own number of workers and log.
    ///
    /// # Errors
    /// As for [`Under::start`].
    pub async fn start_with(
        &self,
        name: &str,
        run: &Run,
        database: &Database,
        target: &Target,
        settings: &[&str],
    ) -> Result<Running> {
        let program = program(name)?;
        let tool = self.command.iter().map(OsString::as_os_str);
        let mut words = tool.chain([program.as_os_str()]);
        let started = PathBuf::from(words.next().unwrap_or_default());
        let limit = self.memory.limit()?;
        let mut command = match &limit {
            Some(limit) => Command::from(limit.command(started.as_os_str())),
            None => Command::new(&started),
        };
        command.args(words).envs(self.environment.iter().cloned());
        connect(&mut command, target, database.table.name());
        let listen = self.listen.unwrap_or(engine::ANY_PORT).to_string();
        command.args(["--measure", "--listen", &listen]).args(settings);
        // If the service is killed, its temporary files go with those of the run.
        command.env("TMPDIR", run.scratch());
        let process = Process::start(name, &started, command).await?;
        Ok(Running { process, name: name.to_owned(), limit })
    }
}

/// A running service.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub process: Process,
    name: String,
    /// Dropped after the process.
    limit: Option<Limit>,
}

impl Running {
    /// Lifts the kernel's limit on its memory, if it has one.
    pub fn lift_limit(&self) {
        self.limit.iter().for_each(|limit| {
            limit.change(None);
        });
    }

    /// The limit on its memory.
    pub fn limit(&self) -> Option<&Limit> {
        self.limit.as_ref()
    }

    /// What its limit has to do with its end, if it has ended with this report.
    pub fn killed(&mut self, report: &str) -> Option<Killed> {
        let status = self.process.exit_status()?;
        self.limit.as_ref()?.killed(&self.name, status, report)
    }

    /// Its address.
    pub fn origin(&self) -> Origin {
        Origin(self.process.address())
    }

    /// The service and what a task did with it; or, if the task failed, ends the
    /// service. If it had exited, that is the cause: [`limit::Killed`] or its exit report,
    /// otherwise the error.
    ///
    /// # Errors
    /// The task failed.
    pub async fn after<T>(mut self, task: Result<T>) -> Result<(Self, T)> {
        match task {
            Ok(done) => Ok((self, done)),
            Err(error) => {
                let report = self.process.exit_report_soon().await;
                let report = report.map(|report| {
                    let killed = self.killed(&report);
                    killed.map_or_else(|| anyhow!("{report}"), anyhow::Error::new)
                });
                self.process.kill().await;
                Err(report.unwrap_or(error))
            }
        }
    }

    /// Stops it in order; the live bytes that are left at its exit, by its own
    /// counters. `None` if it had to be killed.
    pub async fn live_bytes_at_exit(self) -> Option<u64> {
        let line = self.process.last_line_within(EXIT_WITHIN).await?;
        line.strip_prefix(heap::reading::AT_EXIT)?.parse().ok()
    }
}

/// Passes the address and the table of its database to a service.
pub fn connect(command: &mut Command, target: &Target, table: &str) {
    command
        .args(["--endpoint-url", target.url(), "--table", table])
        .arg("--exit-on-stdin-close")
        .envs(target.environment());
}

/// The folder of this program, where cargo puts the services too.
///
/// # Errors
/// The system does not report where this program is.
pub fn programs_folder() -> Result<PathBuf> {
    let program =
        std::env::current_exe().context("cannot find the folder of this program")?;
    let mut folder = program.parent().unwrap_or(Path::new(".")).to_owned();
    // Tests and benchmarks run one folder deeper.
    if folder.ends_with("deps") {
        folder.pop();
    }
    Ok(folder)
}

/// The target folder of cargo and the profile that [`programs_folder`] is of.
///
/// # Errors
/// Cargo did not make the folder.
pub fn target_and_profile(folder: &Path) -> Result<(&Path, &str)> {
    let name = folder.file_name().and_then(|name| name.to_str());
    let (Some(target), Some(name)) = (folder.parent(), name) else {
        bail!("{} is no folder of cargo's", folder.display());
    };
    // Cargo names every folder for its profile but one.
    Ok((target, if name == "debug" { "dev" } else { name }))
}

/// A program beside this one.
///
/// # Errors
/// It is not built; the message names the command that builds it.
pub fn program(name: &str) -> Result<PathBuf> {
    let program = programs_folder()?
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    if !program.is_file() {
        bail!(
            "{} is not built: run `cargo build --workspace`, or use scripts/compare.sh",
            program.display()
        );
    }
    Ok(program)
}
