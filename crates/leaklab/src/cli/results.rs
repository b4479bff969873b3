//! Arguments of the commands that read what a comparison wrote: `claims`.

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
    #[arg(long, value_enum, default_value_t = LedgerFormat::Text)]
    pub format: LedgerFormat,
}

/// Form of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LedgerFormat {
    /// For people, in 80 columns.
    Text,
    /// For scripts.
    Json,
    /// The chapter docs/claims.md.
    Markdown,
}
