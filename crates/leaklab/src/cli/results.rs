//! Arguments of the commands that read what a comparison wrote: `claims`, `explain`,
//! `gate`, `report`.

use crate::cli::Format;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Arguments of `claims`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab claims                        after ./scripts/compare.sh
  leaklab claims --format markdown      for documents
  leaklab claims --from run/comparison.json

Exit codes: 0 every claim is settled, 1 one is not, 2 wrong usage.")]
pub struct Claims {
    /// The comparison to read
    #[arg(
        long,
        value_name = "FILE",
        default_value = "target/leaklab/comparison.json"
    )]
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
#[command(after_help = "\
Examples:
  leaklab explain l09
  leaklab explain l11 --from run/comparison.json
  PAGER= leaklab explain l09            without a pager

On a terminal the text goes through $PAGER, or less; in a pipe it is plain.")]
pub struct Explain {
    /// Lesson, by id or prefix
    pub lesson: String,
    /// The comparison with its figures [default: target/leaklab/comparison.json]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// Arguments of `gate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab gate --baseline old/comparison.json
  leaklab gate --baseline old/comparison.json --accept accepted.toml
  leaklab gate --baseline old/comparison.json --from new/comparison.json

It checks an existing comparison as compare --baseline checks a new one. It
measures nothing and writes nothing.

Exit codes: 0 nothing is new or has grown and every verdict is as expected,
1 otherwise, 2 wrong usage.")]
pub struct Gate {
    /// The older comparison
    #[arg(long, value_name = "FILE")]
    pub baseline: PathBuf,
    /// Sites that may be new, each with a reason, in TOML
    #[arg(long, value_name = "FILE")]
    pub accept: Option<PathBuf>,
    /// The comparison to judge
    #[arg(
        long,
        value_name = "FILE",
        default_value = "target/leaklab/comparison.json"
    )]
    pub from: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab report                        after ./scripts/compare.sh
  leaklab report run                    of a folder that --out named
  leaklab report run --to page.html

The page is one self-contained file. It is made from comparison.json, profiles/
and sources/ in the folder; `leaklab compare` writes it, too.

Exit codes: 0 the page is written, 2 wrong usage, 3 it cannot be written.")]
pub struct Report {
    /// Folder with a comparison
    #[arg(value_name = "DIR", default_value = "target/leaklab")]
    pub folder: PathBuf,
    /// Where to write the page [default: report.html in the folder]
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
