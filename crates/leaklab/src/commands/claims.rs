//! `leaklab claims`: what a comparison proves and refutes.

use crate::cli::{Claims, ClaimsFormat, Format};
use crate::failure::{self, Failure};
use crate::output::{print, print_as};
use report::claims::{ClaimsReport, text};
use report::stored;
use std::process::ExitCode;

/// Reads a comparison and prints what it says about every claim.
pub fn run(arguments: &Claims) -> Result<ExitCode, Failure> {
    let comparison = stored::comparison(&arguments.from, "--from")?;
    let report = ClaimsReport::of(&comparison);
    match arguments.format {
        ClaimsFormat::Text => print_as(Format::Text, &report, text::text)?,
        ClaimsFormat::Json => print_as(Format::Json, &report, text::text)?,
        ClaimsFormat::Markdown => print(&text::markdown(&report))?,
    }
    Ok(failure::code(report.is_settled()))
}
