//! Arguments of the commands that read dhat profiles: `show`, `diff`.

use crate::cli::Format;
use clap::Args;
use profile::Moment;
use profile::text::ranking::{By, Sort};
use std::path::PathBuf;

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/show.txt").trim_ascii_end())]
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
#[command(after_help = include_str!("help/diff.txt").trim_ascii_end())]
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
    pub requests: Option<[u64; 2]>,
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

fn requests(text: &str) -> Result<[u64; 2], String> {
    let numbers: Option<Vec<u64>> =
        text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some([a, b]) if a != b => Ok([*a, *b]),
        _ => Err("expected two different numbers, such as 100,200".to_owned()),
    }
}
