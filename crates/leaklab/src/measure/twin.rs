//! A twin as a process: found beside this program, started for measuring.

use crate::process::{Process, ShowLog};
use anyhow::{Context, Result, bail};
use dynamo::Target;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::process::Command;
use workload::Origin;

/// How long a twin may take to end. It first finishes its work: the queue of a write-behind
/// that is bounded takes three batches of a second, and most others have nothing left.
const EXIT_WITHIN: Duration = Duration::from_secs(4);

/// What a twin is started under: nothing, or a tool that watches it.
#[derive(Debug, Clone, Default)]
pub struct Under {
    /// The tool and its arguments; the twin's own command line follows them.
    pub command: Vec<OsString>,
    /// Environment variables beside those of this process.
    pub environment: Vec<(String, String)>,
}

/// A running twin.
#[derive(Debug)]
pub struct Twin {
    /// The process.
    pub process: Process,
}

impl Twin {
    /// Starts `leaky` or `fixed` on a free port, with the measuring routes, against this
    /// table. Its temporary files go to `scratch`.
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
        let program = twin_program(name)?;
        Self::start_program(&program, target, table, settings, scratch).await
    }

    /// The same under a tool, which must pass standard input and output on.
    ///
    /// # Errors
    /// As for [`Twin::start`], or there is no such tool.
    pub async fn start_under(
        under: &Under,
        name: &str,
        target: &Target,
        table: &str,
        settings: &[&str],
        scratch: &Path,
    ) -> Result<Self> {
        let program = twin_program(name)?;
        let mut command = under.command(&program);
        describe(&mut command, target, table);
        Self::start_command(&program, command, settings, scratch).await
    }

    /// Starts a twin that was built elsewhere, in every other way like
    /// [`Twin::start`].
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
        let command = program_command(program, target, table);
        Self::start_command(program, command, settings, scratch).await
    }

    async fn start_command(
        program: &Path,
        mut command: Command,
        settings: &[&str],
        scratch: &Path,
    ) -> Result<Self> {
        // One worker: each has pools of its own, and which of them a request meets
        // is chance.
        command.args(["--listen", "127.0.0.1:0", "--workers", "1"]);
        command.args(["--measure", "--log", "error"]);
        command.args(settings).env("TMPDIR", scratch);
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        // Under a tool, it is the tool that may be missing.
        let started = PathBuf::from(command.as_std().get_program());
        let process = Process::start(&name, &started, command, ShowLog::No).await?;
        Ok(Self { process })
    }

    /// Where it answers.
    pub fn origin(&self) -> Origin {
        Origin(self.process.address())
    }

    /// Lets it end in order; the live bytes that are left for tools which look at exit,
    /// by its own counters. None if it had to be killed.
    pub async fn live_bytes_at_exit(self) -> Option<u64> {
        let line = self.process.last_line_within(EXIT_WITHIN).await?;
        line.strip_prefix(heap::reading::AT_EXIT)?.parse().ok()
    }
}

/// The command that runs a twin against a table, and the program that it runs.
///
/// # Errors
/// The program is not built.
pub fn twin_command(
    name: &str,
    target: &Target,
    table: &str,
) -> Result<(PathBuf, Command)> {
    let program = twin_program(name)?;
    let command = program_command(&program, target, table);
    Ok((program, command))
}

/// Where this program and the twins lie: cargo puts them side by side.
///
/// # Errors
/// The system does not tell where this program is.
pub fn programs_folder() -> Result<PathBuf> {
    let program =
        std::env::current_exe().context("cannot find this program's own folder")?;
    let mut folder = program.parent().unwrap_or(Path::new(".")).to_owned();
    // Tests and benchmarks run one level deeper.
    if folder.ends_with("deps") {
        folder.pop();
    }
    Ok(folder)
}

fn twin_program(name: &str) -> Result<PathBuf> {
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

fn program_command(program: &Path, target: &Target, table: &str) -> Command {
    let mut command = Command::new(program);
    describe(&mut command, target, table);
    command
}

/// Tells a twin where its table is.
fn describe(command: &mut Command, target: &Target, table: &str) {
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
