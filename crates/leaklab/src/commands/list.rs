//! `leaklab list`: lessons and controls, a line each.

use crate::failure::Failure;
use anstream::println;
use lessons::LESSONS;
use std::process::ExitCode;

/// Prints the registry.
///
/// # Errors
/// None.
pub fn run() -> Result<ExitCode, Failure> {
    for lesson in LESSONS {
        println!("{:<21}{:<45}{}", lesson.id, lesson.title, lesson.grows_with);
    }
    Ok(ExitCode::SUCCESS)
}
