//! The jobs that a mystery can have: how each is asked, and what is right to say of it.

use lessons::{Kind, LESSONS, Lesson};
use serde::Deserialize;
use std::sync::LazyLock;

/// Orders of the tenants that the export is asked for.
pub(crate) const SIZES: [u64; 3] = [100, 300, 900];

/// Sessions in the table, `tok-1` and following: more than a leak is measured with.
pub(crate) const SESSIONS: u64 = 30_000;

/// The whole catalogue. `catalogue.toml` explains its fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalogue {
    pub(crate) settings: Vec<String>,
    pub(crate) job: Vec<Job>,
}

pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let read = toml::from_str(include_str!("catalogue.toml"));
    read.expect("a test reads the catalogue")
});

/// A job of the service.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) request: String,
    pub(crate) grows_with: Vec<String>,
    pub(crate) lines: Vec<String>,
    pub(crate) easy: bool,
    pub(crate) rank: u8,
}

impl Job {
    /// The lesson that it is.
    pub(crate) fn lesson(&self) -> &'static Lesson {
        let found = LESSONS.iter().find(|lesson| lesson.id == self.id);
        found.expect("a test finds the lesson of every job")
    }

    pub(crate) fn is_control(&self) -> bool {
        self.lesson().kind == Kind::Control
    }

    /// The name of its request.
    pub(crate) fn name(&self) -> &str {
        let first = self.request.lines().next().unwrap_or_default();
        first.trim_start_matches("### ")
    }
}
