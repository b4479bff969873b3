//! `leaklab list`: lessons and controls, a line each.

use crate::failure::Failure;
use crate::output::print;
use lessons::{LESSONS, Lesson};
use std::process::ExitCode;

/// Prints every lesson: id, job, and what its memory grows with.
pub fn run() -> Result<ExitCode, Failure> {
    let rows: String = LESSONS.iter().map(|lesson| row(lesson) + "\n").collect();
    print(&rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(lesson: &Lesson) -> String {
    format!("{:<20} {:<39} {}", lesson.id, lesson.title, lesson.grows_with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_apart_in_a_terminal_of_80_columns() {
        for lesson in LESSONS {
            let Lesson { id, title, grows_with, .. } = lesson;
            let fits = id.len() <= 20 && title.len() <= 39 && grows_with.len() <= 18;
            assert!(fits && row(lesson).len() <= 80, "{}", row(lesson));
        }
    }
}
