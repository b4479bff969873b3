//! Arguments of the commands that read what a comparison wrote: `claims`, `explain`,
//! `gate`, `report`.

use crate::cli::Format;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What `compare` writes by default.
pub const COMPARISON: &str = "target/leaklab/comparison.json";

/// Arguments of `claims`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/claims.txt").trim_ascii_end())]
pub struct Claims {
    /// The comparison to read
    #[arg(long, value_name = "FILE", default_value = COMPARISON)]
    pub from: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = ClaimsFormat::Text)]
    pub format: ClaimsFormat,
}

/// Form of the claims report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClaimsFormat {
    /// For a terminal of 80 columns.
    Text,
    /// For scripts.
    Json,
    /// The chapter docs/claims.md.
    Markdown,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/explain.txt").trim_ascii_end())]
pub struct Explain {
    /// Lesson, by id or prefix
    pub lesson: String,
    /// The comparison with its figures [default: target/leaklab/comparison.json]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// Arguments of `gate`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/gate.txt").trim_ascii_end())]
pub struct Gate {
    /// The older comparison
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// Sites that may be new, each with a reason, in TOML
    #[arg(long, value_name = "FILE")]
    pub accept: Option<PathBuf>,
    /// The comparison to judge
    #[arg(long, value_name = "FILE", default_value = COMPARISON)]
    pub from: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/report.txt").trim_ascii_end())]
pub struct Report {
    /// Folder with a comparison
    #[arg(value_name = "DIR", default_value = "target/leaklab")]
    pub folder: PathBuf,
    /// Where to write the page [default: report.html in the folder]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
