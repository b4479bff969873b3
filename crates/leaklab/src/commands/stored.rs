//! Comparisons that were written by an earlier run.

use crate::failure::Failure;
use report::comparison::{Comparison, SCHEMA};
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What every version of the contract has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Reads a `comparison.json`, or the one in this folder. `option` is what names it on
/// the command line.
pub(super) fn comparison(path: &Path, option: &str) -> Result<Comparison, Failure> {
    let path = &file(path);
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Usage(format!(
            "there is no {shown}: run ./scripts/compare.sh first, or name a \
             comparison with {option}"
        )),
        _ => Failure::Usage(format!(
            "cannot read {shown} ({error}); name a file with {option}"
        )),
    })?;
    let refuse = |error: serde_json::Error| {
        Failure::Usage(format!(
            "{shown} is no comparison ({error}); name a comparison.json with \
             {option}"
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

/// People name the folder as often as the file in it.
fn file(path: &Path) -> PathBuf {
    match path.is_dir() {
        true => path.join("comparison.json"),
        false => path.to_owned(),
    }
}
