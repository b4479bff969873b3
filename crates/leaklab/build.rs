//! Remembers which compiler and which profile built this program.

use std::process::Command;

fn main() {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let version = Command::new(variable("RUSTC")).arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok());
    let version = version.as_deref().map_or("unknown", str::trim);
    println!("cargo::rustc-env=LEAKLAB_RUSTC={version}");
    println!("cargo::rustc-env=LEAKLAB_PROFILE={}", variable("PROFILE"));
    println!("cargo::rerun-if-changed=build.rs");
}
