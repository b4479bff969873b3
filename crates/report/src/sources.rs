//! Keeps the twins' sources beside the results, so that a report can be made from a
//! folder alone, anywhere, and shows the lines that were measured.

use crate::Output;
use crate::comparison::Comparison;
use anyhow::{Context, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Copies the file of each lesson and twin; one that is not there is left out.
///
/// # Errors
/// A file cannot be read or written.
pub fn keep(output: &Output, comparison: &Comparison) -> Result<()> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for lesson in &comparison.lessons {
        for twin in lesson.twins.keys() {
            let id = &lesson.id;
            let path =
                crates.join(twin).join("src/lessons").join(format!("{id}.rs"));
            match fs::read(&path) {
                Ok(source) => output.write_source(twin, id, &source)?,
                // The program was moved to another machine.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot read {}", path.display()));
                }
            }
        }
    }
    Ok(())
}
