//! The file of an exercise in `crates/leaky`: put there, looked at, put back.

use crate::commands::learn::progress::Progress;
use crate::failure::Failure;
use crate::run::{programs_folder, target_and_profile};
use anyhow::Context;
use lessons::Lesson;
use lessons::sources::{self, Sources};
use report::whole_file;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder is the workspace when this is in it.
const MARK: &str = "crates/leaky/Cargo.toml";

/// What the file of an exercise is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As the repository has it.
    Original,
    /// The exercise as it begins.
    Untouched,
    /// Something of the learner's, or nothing.
    Edited,
}

/// A lesson's file in a workspace.
#[derive(Debug)]
pub(super) struct Exercise {
    pub(super) lesson: &'static Lesson,
    pub(super) path: PathBuf,
    pub(super) sources: Sources,
}

/// The workspace: around the present folder, or else around this program.
pub(in crate::commands) fn workspace() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir().context("cannot find the present folder")?;
    let folders = [here, programs_folder()?];
    let mut all = folders.iter().flat_map(|folder| folder.ancestors());
    let found = all.find(|folder| folder.join(MARK).is_file());
    found.map(Path::to_owned).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no {MARK} here or above; run this in the repository"
        ))
    })
}

impl Exercise {
    /// The exercise of a lesson.
    ///
    /// # Errors
    /// A control has none.
    pub(super) fn of(lesson: &'static Lesson, root: &Path) -> Result<Self, Failure> {
        let id = lesson.id;
        let sources = sources::of(id).ok_or_else(|| {
            Failure::Usage(format!(
                "{id} is a control, so there is nothing to repair; \
                 `leaklab learn start {id}` asks what it shows"
            ))
        })?;
        let path = root.join(format!("crates/leaky/src/lessons/{id}.rs"));
        Ok(Self { lesson, path, sources })
    }

    pub(super) fn state(&self) -> State {
        match std::fs::read_to_string(&self.path) {
            Ok(text) if text == self.sources.leaky => State::Original,
            Ok(text) if text == self.sources.exercise() => State::Untouched,
            _ => State::Edited,
        }
    }

    /// Puts the exercise in place of the original. A file with edits stays.
    pub(super) fn start(&self) -> Result<(), Failure> {
        if self.state() == State::Original {
            whole_file::write(&self.path, self.sources.exercise().as_bytes())?;
        }
        Ok(())
    }

    /// Puts the original back and keeps what it replaces; where, if that was edited.
    pub(super) fn reset(
        &self,
        progress: &Progress,
    ) -> anyhow::Result<Option<PathBuf>> {
        let kept = match (self.state(), std::fs::read(&self.path)) {
            (State::Original, _) => return Ok(None),
            (State::Edited, Ok(edited)) => {
                Some(progress.keep(self.lesson.id, &edited)?)
            }
            _ => None,
        };
        whole_file::write(&self.path, self.sources.leaky.as_bytes())?;
        Ok(kept)
    }
}

/// Builds `leaky`, and its twin where that is missing.
pub(super) fn build(root: &Path) -> Result<(), Failure> {
    build_package(root, "leaky", &["fixed"], &[])
}

/// Builds a service, and those beside it and the engine where they are missing. The
/// compiler's messages go to stderr.
///
/// # Errors
/// It does not compile, or cargo cannot be started.
pub(in crate::commands) fn build_package(
    root: &Path,
    package: &str,
    beside: &[&str],
    environment: &[(&str, &Path)],
) -> Result<(), Failure> {
    let folder = programs_folder()?;
    let (target, profile) = target_and_profile(&folder)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(["build", "--package", package]);
    // A terminal shows what is compiled, and whether cargo waits for another build.
    if !stderr().is_terminal() {
        command.arg("--quiet");
    }
    command.envs(environment.iter().copied());
    let beside = beside.iter().map(|name| (*name, *name));
    for (program, package) in beside.chain([("leaklab-engine", "engine")]) {
        if !folder.join(program).exists() {
            command.args(["--package", package]);
        }
    }
    command.arg("--target-dir").arg(target).args(["--profile", profile]);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let status = status.context("cannot start cargo")?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::Usage(format!(
            "{package} does not compile; correct what the compiler reports above, or \
             run `leaklab learn reset` with the lesson's name, which keeps a copy"
        ))),
    }
}
