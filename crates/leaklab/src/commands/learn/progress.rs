//! What a learner has done, in a file that people can read and `cargo clean` leaves.

use crate::failure::Failure;
use crate::output::name;
use anyhow::Context;
use report::repair::{Figures, Outcome};
use report::whole_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Folder of the workspace, which git ignores.
const FOLDER: &str = ".leaklab";

/// What was done in each exercise, by its id.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Progress {
    pub(super) lessons: BTreeMap<String, Done>,
    #[serde(skip)]
    file: PathBuf,
}

/// What was done in an exercise.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Done {
    /// The prediction, from 1.
    pub(super) predicted: Option<usize>,
    /// Hints that were shown.
    pub(super) hints: usize,
    /// Checks of an edited file.
    pub(super) attempts: usize,
    /// Whether the solution was shown.
    pub(super) solution: bool,
    /// What the leak was measured as before any repair.
    pub(super) before: Option<Figures>,
    /// The last verdict.
    pub(super) last: Option<Outcome>,
    /// Whether it was repaired once or, for a control, predicted and measured.
    pub(super) done: bool,
}

impl Progress {
    /// The progress in this workspace.
    ///
    /// # Errors
    /// There is a file, and it cannot be read.
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let file = root.join(FOLDER).join("progress.json");
        let refuse = |why: String| {
            let file = name(&file);
            let cure = "correct it, or delete it to begin again";
            Failure::Usage(format!("cannot read {file} ({why}); {cure}"))
        };
        let read = match std::fs::read_to_string(&file) {
            Ok(text) => {
                serde_json::from_str(&text).map_err(|e| refuse(e.to_string()))?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(refuse(error.to_string())),
        };
        Ok(Self { file, ..read })
    }

    /// What was done in an exercise.
    pub(super) fn of(&mut self, id: &str) -> &mut Done {
        self.lessons.entry(id.to_owned()).or_default()
    }

    /// Writes it.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self);
        let json = json.context("the progress has no JSON form")? + "\n";
        whole_file::write(&self.file, json.as_bytes())
    }

    /// Keeps a learner's version of a file that is about to be replaced; where.
    pub(super) fn keep(&self, id: &str, text: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.file.with_file_name(format!("{id}.rs"));
        whole_file::write(&path, text)?;
        Ok(path)
    }
}
