//! `leaklab doctor`: whether this machine is fit.

use crate::cli::Doctor;
use crate::failure::{self, Failure};
use crate::output::{print_as, width};
use crate::run::programs_folder;
use doctor::{Finding, examine, is_fit, text};
use serde_json::json;
use std::process::ExitCode;

/// Looks, and prints what to do.
pub fn run(arguments: &Doctor) -> Result<ExitCode, Failure> {
    let folder = programs_folder()?;
    let programs = ["leaky", "fixed", "leaklab-engine"];
    let built = programs.iter().all(|program| folder.join(program).exists());
    let findings = Finding::of(&examine(&folder, built));
    let fit = is_fit(&findings);
    let result = json!({ "fit": fit, "findings": findings });
    print_as(arguments.format, &result, |_| text(&findings, width(80)))?;
    Ok(failure::code(fit))
}
