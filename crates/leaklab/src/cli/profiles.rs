//! Arguments of the commands that read dhat profiles: `show`, `diff`.

use crate::cli::Format;
use clap::{Args, ValueEnum};
use report::ranking::Sort;
use std::path::PathBuf;

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab show target/leaklab/profiles/l11_session_cache.leaky.json
  leaklab show dhat-heap.json --own src/cache/
  leaklab show dhat-heap.json --by crate --sort churn --top 10
  leaklab show dhat-heap.json --sort short-lived
  leaklab show dhat-heap.json --flame heap.svg
  valgrind --tool=dhat --dhat-out-file=p.json ./program; leaklab show p.json

A site is a line of own code, or else the innermost function outside the
standard library. A crate holds what it asked for itself or through the
standard library. Blocks are short-lived where they live, on the average, less
than a hundredth of the profile's time.

Without --own, frames in src/lessons/ are own code; where there are none, files
with functions of the program's own crate; in C, files that have line numbers.

Exit codes: 0 shown, 2 wrong usage or no such profile.")]
pub struct Show {
    /// Profile of dhat for Rust or of valgrind's DHAT
    pub profile: PathBuf,
    /// What to put together
    #[arg(long, value_enum, default_value_t = By::Site)]
    pub by: By,
    /// What to rank by
    #[arg(long, value_enum, default_value_t = Sort::Surviving)]
    pub sort: Sort,
    /// Rows to print [default: 20 as text, all as JSON]
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// What the path of own code contains
    #[arg(long, value_name = "PATH")]
    pub own: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Draw a flame graph, too, of what survives or, with --sort peak, of the peak
    #[arg(long, value_name = "FILE.svg")]
    pub flame: Option<PathBuf>,
}

/// What rows are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Lines of own code, and functions that no own code has called.
    Site,
    /// Crates, by what they asked for.
    Crate,
    /// Lessons of this project.
    Lesson,
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
more. Sites are matched by their fingerprints, so lines may have moved.

Exit codes: 0 compared, 2 wrong usage, or profiles that cannot be compared.")]
pub struct Diff {
    /// Profile before
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// Profile after
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Which bytes to compare
    #[arg(long, value_enum, default_value_t = At::End)]
    pub at: At,
    /// Rows to print, by size of the change [default: 20 as text, all as JSON]
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// What the path of own code contains
    #[arg(long, value_name = "PATH")]
    pub own: Option<String>,
    /// Compare profiles of other programs, or by other tools, too
    #[arg(long)]
    pub anyway: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Draw a flame graph of the difference, too
    #[arg(long, value_name = "FILE.svg")]
    pub flame: Option<PathBuf>,
}

/// A moment of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum At {
    /// Live at the end.
    End,
    /// Live when most bytes are.
    Peak,
}
