//! Files that are written whole or not at all: a reader never meets half of one.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::Builder;

/// Writes a file and the folders above it, and puts it in place of what was there.
///
/// # Errors
/// It cannot be written; the message names it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let context = || format!("cannot write {}", path.display());
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    let folder = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(context)?;
    // Readable by whom the user's mask lets read: a report is there to be passed on.
    let readable = fs::Permissions::from_mode(0o666);
    let file = Builder::new().permissions(readable).tempfile_in(folder);
    let mut file = file.with_context(context)?;
    file.write_all(bytes).with_context(context)?;
    file.persist(path).with_context(context)?;
    Ok(())
}
