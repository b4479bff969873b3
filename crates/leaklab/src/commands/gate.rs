//! `leaklab gate`: what is new, has grown or is gone between two comparisons.

use crate::cli::Gate;
use crate::failure::{self, Failure};
use crate::output::{name, print_as};
use report::baseline::{Accepted, Baseline};
use report::stored;
use std::path::Path;
use std::process::ExitCode;

/// Compares a comparison with an older one and prints the differences.
pub fn run(arguments: &Gate) -> Result<ExitCode, Failure> {
    let baseline = baseline(&arguments.baseline, arguments.accept.as_deref())?;
    let newer = stored::comparison(&arguments.from, "--from")?;
    let gate = baseline.judge(&newer)?;
    print_as(arguments.format, &gate, |gate| {
        let unexpected = match newer.as_expected {
            true => String::new(),
            false => format!("{}\n", report::gate::UNEXPECTED),
        };
        report::gate::text(gate) + &unexpected
    })?;
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
    Ok(Baseline::new(name(file), older, accepted))
}
