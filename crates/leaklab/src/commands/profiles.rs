//! What `show` and `diff` have in common: reading a profile, knowing own code, writing
//! a graph.

use crate::cli::At;
use crate::failure::Failure;
use anyhow::Context;
use maud::Markup;
use profile::flame;
use profile::{FrameRef, Moment, Profile, ProfileError};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::Path;

/// Lessons are this project's own code.
pub(super) const LESSONS: &str = "src/lessons/";

/// Rows of a text that nobody bounded.
pub(super) const ROWS: usize = 20;

/// Reads a profile.
pub(super) fn read(path: &Path) -> Result<Profile, Failure> {
    let shown = path.display();
    let json = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Usage(format!(
            "there is no {shown}: name a profile of dhat, such as those that \
             leaklab compare writes to target/leaklab/profiles/"
        )),
        _ => Failure::Usage(format!(
            "cannot read {shown} ({error}); name a profile of dhat"
        )),
    })?;
    Profile::parse(&json).map_err(|error| {
        let (cause, cure) = match &error {
            ProfileError::Format(json) => (
                format!("{error}: {json}"),
                "name a file that dhat or valgrind --tool=dhat wrote to its end",
            ),
            ProfileError::Mode { .. } => (
                error.to_string(),
                "take one with dhat::Profiler::new_heap, or with \
                 valgrind --tool=dhat --mode=heap",
            ),
            _ => (error.to_string(), "take the profile again"),
        };
        Failure::Usage(format!("cannot use {shown} ({cause}); {cure}"))
    })
}

/// What counts as own code.
pub(super) struct Own {
    choice: Choice,
}

enum Choice {
    Containing(String),
    /// Files of a program, which is named.
    Files(HashSet<String>, String),
}

impl Own {
    /// Own code of a profile, as it was asked for or else as it can be known.
    pub(super) fn of(profile: &Profile, asked: Option<&str>) -> Self {
        let containing =
            |path: &str| Self { choice: Choice::Containing(path.into()) };
        if let Some(path) = asked {
            return containing(path);
        }
        let table = profile.table();
        if table.iter().any(|frame| frame.place.contains(LESSONS)) {
            return containing(LESSONS);
        }
        let program = profile.program();
        let files = files_of(&table, &program);
        let (files, what) = match files.is_empty() {
            false => (files, format!("files of the crate {program}")),
            true => (with_lines(&table), "files with line numbers".to_owned()),
        };
        Self { choice: Choice::Files(files, what) }
    }

    /// Whether a place is of own code.
    pub(super) fn holds(&self, place: &str) -> bool {
        match &self.choice {
            Choice::Containing(path) => place.contains(path.as_str()),
            Choice::Files(files, _) => {
                files.contains(FrameRef { function: "", place }.path())
            }
        }
    }

    /// The choice in words.
    pub(super) fn words(&self) -> String {
        match &self.choice {
            Choice::Containing(path) => format!("frames in {path}"),
            Choice::Files(files, _) if files.is_empty() => {
                "none is known".to_owned()
            }
            Choice::Files(_, what) => what.clone(),
        }
    }
}

/// Files of a crate. A file that other crates have, too, would take theirs for own.
fn files_of(table: &[FrameRef<'_>], program: &str) -> HashSet<String> {
    let mut own = HashSet::new();
    let mut foreign = HashSet::new();
    // The allocator's entry points stand in the file that sets the allocator.
    for frame in table.iter().filter(|frame| !frame.only_asks_for_memory()) {
        let path = frame.function.trim_start_matches(['<', '&']);
        let Some((first, _)) = path.split_once("::") else { continue };
        match first == program {
            true => own.insert(frame.path()),
            false => foreign.insert(frame.path()),
        };
    }
    let files = own.difference(&foreign).filter(|file| !file.is_empty());
    files.map(|file| (*file).to_owned()).collect()
}

/// Files of C code that was built with debug information.
fn with_lines(table: &[FrameRef<'_>]) -> HashSet<String> {
    let known = table.iter().filter(|frame| {
        frame.line() > 0
            && !frame.only_asks_for_memory()
            && !frame.path().ends_with(".rs")
    });
    known.map(|frame| frame.path().to_owned()).collect()
}

/// Writes a graph as a file of its own.
pub(super) fn write_graph(path: &Path, graph: Markup) -> Result<(), Failure> {
    std::fs::write(path, flame::standalone(graph)).map_err(|error| {
        let path = path.display();
        Failure::Usage(format!(
            "cannot write {path} ({error}); choose another --flame"
        ))
    })
}

/// Prints a result for scripts.
pub(super) fn print_json(result: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(result)
        .context("the result has no JSON form")?;
    anstream::println!("{json}");
    Ok(())
}

impl From<At> for Moment {
    fn from(at: At) -> Self {
        match at {
            At::End => Self::End,
            At::Peak => Self::Peak,
        }
    }
}
