//! `leaklab claims`: what a comparison proves and refutes.

use crate::cli::{Claims, LedgerFormat};
use crate::commands::stored;
use crate::failure::{EXPECTED, Failure, UNEXPECTED};
use anyhow::Context;
use model::CLAIMS;
use report::claims;
use report::ledger::{ClaimVerdict, Ledger};
use std::process::ExitCode;

/// Reads a comparison and prints what it says about every claim.
///
/// # Errors
/// Wrong usage: there is no comparison in the file, or a newer one.
pub fn run(arguments: &Claims) -> Result<ExitCode, Failure> {
    let comparison = stored::comparison(&arguments.from, "--from")?;
    let ledger = Ledger::of(&comparison, CLAIMS);
    match arguments.format {
        LedgerFormat::Text => anstream::print!("{}", claims::text(&ledger)),
        LedgerFormat::Markdown => anstream::print!("{}", claims::markdown(&ledger)),
        LedgerFormat::Json => {
            let json = serde_json::to_string_pretty(&ledger)
                .context("the ledger has no JSON form")?;
            anstream::println!("{json}");
        }
    }
    let open = ledger.findings().any(|f| f.verdict == ClaimVerdict::NotSettled);
    Ok(ExitCode::from(if open { UNEXPECTED } else { EXPECTED }))
}
