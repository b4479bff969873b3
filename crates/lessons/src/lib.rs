//! Lessons and controls: what each of them sends to both twins, what it expects, and
//! its chapter.
//!
//! A lesson is one file in `lessons/`, collected by its name from the list in the crate
//! `syllabus`. Everything that differs between lessons is in that file.

pub mod lesson;
pub mod plan;
mod requests;
pub mod data;
mod prelude;
mod lessons;
pub mod chapters;
pub mod claims;
pub mod sources;

pub use chapters::Chapter;
pub use claims::CLAIMS;
pub use lesson::{FailedFix, Harder, Kind, Lesson, Proof};
pub use lessons::LESSONS;
pub use plan::Plan;
pub use requests::ORDERS;

/// The lesson or control with this id.
pub fn lesson(id: &str) -> Option<&'static Lesson> {
    LESSONS.iter().find(|lesson| lesson.id == id)
}
