//! `leaklab gate`: what is new, has grown or is gone between two comparisons.

use crate::cli::{Format, Gate};
use crate::commands::{print, print_json};
use crate::failure::{self, Failure};
use report::baseline::{Accepted, Baseline};
use report::stored;
use std::path::Path;
use std::process::ExitCode;

/// Compares a comparison with an older one and prints the differences.
pub fn run(arguments: &Gate) -> Result<ExitCode, Failure> {
    let baseline = baseline(&arguments.baseline, arguments.accept.as_deref())?;
    let newer = stored::comparison(&arguments.from, "--from")?;
    let gate = baseline.judge(&newer)?;
    match arguments.format {
        Format::Text => {
            print(&report::gate::text(&gate))?;
            if !newer.as_expected {
                print(&format!("{}\n", report::gate::UNEXPECTED))?;
            }
        }
        Format::Json => print_json(&gate)?,
    }
    Ok(failure::code(gate.passed && newer.as_expected))
}

/// The baseline in a file, with the sites that may stay.
///
/// # Errors
/// Wrong usage: one of the files cannot be used.
pub(super) fn baseline(
    file: &Path,
    accept: Option<&Path>,
) -> Result<Baseline, Failure> {
    let older = stored::comparison(file, "--baseline")?;
    let accepted = accept.map(Accepted::read).transpose()?.unwrap_or_default();
    Ok(Baseline::new(file.display().to_string(), older, accepted))
}
