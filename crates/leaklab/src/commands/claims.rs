//! `leaklab claims`: what a comparison proves and refutes.

use crate::cli::{Claims, LedgerFormat};
use crate::comparison::{Comparison, SCHEMA};
use crate::failure::{EXPECTED, Failure, UNEXPECTED};
use crate::ledger::{ClaimVerdict, Ledger};
use crate::report::claims;
use anyhow::Context;
use model::CLAIMS;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

/// Reads a comparison and prints what it says about every claim.
///
/// # Errors
/// Wrong usage: there is no comparison in the file, or a newer one.
pub fn run(arguments: &Claims) -> Result<ExitCode, Failure> {
    let comparison = read(&arguments.from)?;
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

/// What every version of the contract has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

fn read(path: &Path) -> Result<Comparison, Failure> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Usage(format!(
            "there is no {shown}: run ./scripts/compare.sh first, or name a \
             comparison with --from"
        )),
        _ => Failure::Usage(format!(
            "cannot read {shown} ({error}); name a file with --from"
        )),
    })?;
    let refuse = |error: serde_json::Error| {
        Failure::Usage(format!(
            "{shown} is no comparison ({error}); name a comparison.json with --from"
        ))
    };
    // First, because a newer comparison may have any form.
    let Version { schema } = serde_json::from_slice(&text).map_err(refuse)?;
    if schema > SCHEMA {
        return Err(Failure::Usage(format!(
            "{shown} has schema {schema} and this program knows {SCHEMA}: read it \
             with the leaklab that wrote it"
        )));
    }
    serde_json::from_slice(&text).map_err(refuse)
}
