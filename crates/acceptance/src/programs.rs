//! The programs of a test or a benchmark, in the profile that it has itself.
//!
//! Cargo builds the programs of its own package and no others; twins left over from an
//! earlier build would be worse than none.

use anyhow::{Context, Result, bail};
use leaklab::run::{programs_folder, target_and_profile};
use std::path::PathBuf;
use std::process::Command;

/// Builds the workspace's programs and returns their folder, which is this program's.
pub fn build(arguments: &[&str]) -> Result<PathBuf> {
    let folder = programs_folder()?;
    let (target, profile) = target_and_profile(&folder)?;
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo describes the benchmark's own package to it by these. ring's build
    // script watches them, and would compile ring anew each time.
    let described = ["CARGO_MANIFEST_", "CARGO_PKG_", "OUT_DIR"];
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if described.iter().any(|prefix| name.starts_with(prefix)) {
            cargo.env_remove(&*name);
        }
    }
    let status = cargo
        .args(["build", "--workspace"])
        .args(arguments)
        .args(["--manifest-path", env!("CARGO_MANIFEST_PATH"), "--profile"])
        .arg(profile)
        .arg("--target-dir")
        .arg(target)
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("cargo could not build the programs ({status})");
    }
    Ok(folder)
}
