//! The jobs that a mystery can have: those whose chapters say how they are asked. What is
//! missing needs a database that is slow or silent.

use lessons::chapters::{Blind, chapter};
use lessons::{Kind, LESSONS, Lesson};

/// Orders of the tenants that the export is asked for.
pub(crate) const SIZES: [u64; 3] = [100, 300, 900];

/// Sessions in the table, `tok-1` and following: more than a leak is measured with.
pub(crate) const SESSIONS: u64 = 30_000;

/// Settings of every mystery, whatever its jobs need. Caches are full after a few requests,
/// so that a bounded one is seen to stop.
pub const SETTINGS: [&str; 9] = [
    "--quote-budget-ms=60000",
    "--answer-deadline-ms=60000",
    "--tenant-credentials-max=16",
    "--jobs-at-once-max=1",
    "--feed-heartbeat-ms=20",
    "--feeds-max=30000",
    "--idempotency-keys-max=16",
    "--session-cache-bytes-max=32768",
    "--job-deadline-ms=20",
];

/// A job of the service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job {
    pub(crate) lesson: &'static Lesson,
    /// How it is asked, and what is right to say of it.
    pub(crate) blind: &'static Blind,
}

impl Job {
    /// All that there are, in the order of the book.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        LESSONS.iter().filter_map(|lesson| {
            let blind = chapter(lesson.id)?.front.mystery.as_ref()?;
            Some(Self { lesson, blind })
        })
    }

    pub(crate) fn is_control(self) -> bool {
        self.lesson.kind == Kind::Control
    }

    /// The name of its request.
    pub(crate) fn name(self) -> &'static str {
        let first = self.blind.request.lines().next().unwrap_or_default();
        first.trim_start_matches("### ")
    }
}
