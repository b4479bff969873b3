//! `leaklab claims`: what a comparison proves and refutes.

use crate::cli::{Claims, ClaimsFormat};
use crate::commands::{print, print_json};
use crate::failure::{self, Failure};
use report::claims::{ClaimsReport, text};
use report::stored;
use std::process::ExitCode;

/// Reads a comparison and prints what it says about every claim.
pub fn run(arguments: &Claims) -> Result<ExitCode, Failure> {
    let comparison = stored::comparison(&arguments.from, "--from")?;
    let report = ClaimsReport::of(&comparison);
    match arguments.format {
        ClaimsFormat::Text => print(&text::text(&report))?,
        ClaimsFormat::Markdown => print(&text::markdown(&report))?,
        ClaimsFormat::Json => print_json(&report)?,
    }
    Ok(failure::code(report.is_settled()))
}
