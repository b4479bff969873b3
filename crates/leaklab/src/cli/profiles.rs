//! Arguments of the commands that read dhat profiles: `show`, `diff`.

use crate::cli::Format;
use clap::Args;
use profile::Moment;
use profile::text::ranking::{By, Sort};
use std::path::PathBuf;

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab show target/leaklab/profiles/ID.leaky.json
  leaklab show dhat-heap.json --in-app src/cache/
  leaklab show dhat-heap.json --by crate --sort churn --top 10
  leaklab show dhat-heap.json --sort short-lived
  leaklab show dhat-heap.json --flame heap.svg
  valgrind --tool=dhat --dhat-out-file=p.json ./program; leaklab show p.json

A site is the innermost in-app line of a call stack, or else the innermost
function outside the standard library. A crate holds what it allocated itself or
through the standard library. Blocks are short-lived if their average lifetime
is below a hundredth of the profile's time.

Without --in-app, frames in src/lessons/ are in-app. If there are none, the
files of the program's crate are; in C, the files with line numbers.

Exit codes: 0 shown, 2 wrong usage or no such profile.")]
pub struct Show {
    /// Profile by dhat for Rust or valgrind's DHAT
    pub profile: PathBuf,
    /// What a row is
    #[arg(long, value_enum, default_value_t = By::Site)]
    pub by: By,
    /// What to sort by
    #[arg(long, value_enum, default_value_t = Sort::Surviving)]
    pub sort: Sort,
    /// Rows to print [default: 20 as text, all as JSON]
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// In-app frames: those whose path contains this
    #[arg(long, value_name = "PATH")]
    pub in_app: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also draw a flame graph of live bytes or, with --sort peak, of the peak
    #[arg(long, value_name = "FILE.svg")]
    pub flame: Option<PathBuf>,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab diff monday.json friday.json
  leaklab diff before.json after.json --at peak --flame growth.svg
  leaklab diff leaky.json fixed.json --anyway
  leaklab diff before.json after.json --format json --top 5

The first profile is before, the second after; + means that the second holds
more. Sites are matched by fingerprint, so lines may have moved.

Exit codes: 0 compared, 2 wrong usage, or profiles that cannot be compared.")]
pub struct Diff {
    /// Profile before
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// Profile after
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Which bytes to compare
    #[arg(long, value_enum, default_value_t = Moment::End)]
    pub at: Moment,
    /// Requests that each profile saw, to divide the changes by their difference
    #[arg(long, value_name = "A,B", value_parser = requests)]
    pub requests: Option<Requests>,
    /// Rows to print, by size of the change [default: 20 as text, all as JSON]
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// In-app frames: those whose path contains this
    #[arg(long, value_name = "PATH")]
    pub in_app: Option<String>,
    /// Also compare profiles of different programs or tools
    #[arg(long)]
    pub anyway: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also draw a flame graph of the difference
    #[arg(long, value_name = "FILE.svg")]
    pub flame: Option<PathBuf>,
}

/// Requests before and after.
type Requests = [u64; 2];

fn requests(text: &str) -> Result<Requests, String> {
    let numbers: Option<Vec<u64>> =
        text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some([a, b]) if a != b => Ok([*a, *b]),
        _ => Err("expected two different numbers, such as 100,200".to_owned()),
    }
}
