//! Reads what a comparison wrote.

use crate::comparison::{Comparison, SCHEMA};
use crate::failure::Failure;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::Path;

/// What every version of the contract has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Reads a comparison.
///
/// # Errors
/// Wrong usage: there is none in the file, or one of a later schema.
pub fn comparison(path: &Path) -> Result<Comparison, Failure> {
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Usage(format!(
            "there is no {shown}: run ./scripts/compare.sh first, or name \
             another place"
        )),
        _ => Failure::Usage(format!("cannot read {shown} ({error})")),
    })?;
    let refuse = |error: serde_json::Error| {
        Failure::Usage(format!(
            "{shown} is no comparison ({error}); name a comparison.json"
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
