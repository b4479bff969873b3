//! Arguments of `report`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab report                        after ./scripts/compare.sh
  leaklab report run                    of a folder that --out named
  leaklab report run --to page.html

The page is one file that loads nothing. It is made from comparison.json, profiles/
and sources/ in the folder; `leaklab compare` makes it, too.

Exit codes: 0 the page is there, 2 wrong usage, 3 it cannot be written.")]
pub struct Report {
    /// Folder with a comparison
    #[arg(value_name = "DIR", default_value = "target/leaklab")]
    pub folder: PathBuf,
    /// Where the page goes; report.html in the folder without it
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
