//! Services as processes: found beside this program, started for measuring.

use anyhow::{Context, Error, Result, anyhow, bail};
use dynamo::Target;
use measure::{Process, ShowLog};
use std::ffi::OsString;
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
}

/// A running service.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub process: Process,
}

impl Running {
    /// Starts a program on a free port, with the measuring routes, against this table.
    /// Its temporary files go to `scratch`.
    ///
    /// # Errors
    /// The program is not built, or does not start.
    pub async fn start(
        name: &str,
        target: &Target,
        table: &str,
        settings: &[&str],
        scratch: &Path,
    ) -> Result<Self> {
        let under = Under::default();
        Self::start_under(&under, name, target, table, settings, scratch).await
    }

    /// The same under a tool, which must pass standard input and output on.
    ///
    /// # Errors
    /// As for [`Running::start`], or there is no such tool.
    pub async fn start_under(
        under: &Under,
        name: &str,
        target: &Target,
        table: &str,
        settings: &[&str],
        scratch: &Path,
    ) -> Result<Self> {
        let program = program(name)?;
        let mut command = under.command(&program);
        connect(&mut command, target, table);
        Self::start_command(&program, command, settings, scratch).await
    }

    /// Starts a program from another folder, otherwise like [`Running::start`].
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_program(
        program: &Path,
        target: &Target,
        table: &str,
        settings: &[&str],
        scratch: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(program);
        connect(&mut command, target, table);
        Self::start_command(program, command, settings, scratch).await
    }

    async fn start_command(
        program: &Path,
        mut command: Command,
        settings: &[&str],
        scratch: &Path,
    ) -> Result<Self> {
        // One worker: each worker has its own pools, and chance decides which worker
        // serves a request.
        command.args(["--listen", "127.0.0.1:0", "--workers", "1"]);
        command.args(["--measure", "--log", "error"]);
        command.args(settings).env("TMPDIR", scratch);
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        // Under a tool, the tool may be missing.
        let started = PathBuf::from(command.as_std().get_program());
        let process = Process::start(&name, &started, command, ShowLog::No).await?;
        Ok(Self { process })
    }

    /// Its address.
    pub fn origin(&self) -> Origin {
        Origin(self.process.address())
    }

    /// Ends a service whose measurement failed. If it had exited, that is the cause:
    /// its exit report, otherwise the error.
    pub async fn failed(&mut self, error: Error) -> Error {
        let report = self.process.exit_report_soon().await;
        self.process.kill_now().await;
        report.map_or(error, |report| anyhow!("{report}"))
    }

    /// Stops it in order; the live bytes that are left at its exit, by its own
    /// counters. `None` if it had to be killed.
    pub async fn live_bytes_at_exit(self) -> Option<u64> {
        let line = self.process.last_line_within(EXIT_WITHIN).await?;
        line.strip_prefix(heap::reading::AT_EXIT)?.parse().ok()
    }
}

/// The command that runs a service against a table, and the program that it runs.
///
/// # Errors
/// The program is not built.
pub fn twin_command(
    name: &str,
    target: &Target,
    table: &str,
) -> Result<(PathBuf, Command)> {
    let program = program(name)?;
    let mut command = Command::new(&program);
    connect(&mut command, target, table);
    Ok((program, command))
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

/// A program beside this one.
///
/// # Errors
/// It is not built; the message names the command that builds it.
pub(super) fn program(name: &str) -> Result<PathBuf> {
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

/// Tells a service where its table is.
fn connect(command: &mut Command, target: &Target, table: &str) {
    command
        .args(["--endpoint-url", target.url(), "--table", table])
        .arg("--exit-on-stdin-close")
        .envs(target.environment());
}

impl Under {
    fn command(&self, program: &Path) -> Command {
        let mut words = self.command.iter();
        let mut command = match words.next() {
            Some(tool) => {
                let mut command = Command::new(tool);
                command.args(words).arg(program);
                command
            }
            None => Command::new(program),
        };
        let variables = self.environment.iter();
        command.envs(variables.map(|(name, value)| (name, value)));
        command
    }
}
