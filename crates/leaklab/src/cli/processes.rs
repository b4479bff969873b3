//! Arguments of the commands that look at a twin's process: `secrets`, `run-under`.

use crate::cli::{Format, TwinName};
use crate::run::Search;
use clap::Args;
use std::ffi::OsString;

/// Arguments of `secrets`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/secrets.txt").trim_ascii_end())]
pub struct Secrets {
    /// What to search for.
    #[command(flatten)]
    pub search: Search,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Arguments of `run-under`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/run-under.txt").trim_ascii_end())]
pub struct RunUnder {
    /// Lesson, by id or prefix
    pub lesson: String,
    /// Which twin
    #[arg(long, value_enum, default_value_t = TwinName::Leaky)]
    pub twin: TwinName,
    /// Rounds, after the warm-up
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub rounds: u64,
    /// Requests in a round [default: depends on the lesson]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub requests: Option<u64>,
    /// Seed for data and requests
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// An environment variable for the twin; can be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// A tool and its arguments; the twin's command line is appended
    #[arg(last = true, value_name = "TOOL")]
    pub under: Vec<OsString>,
}

/// A name and a value.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("it must have the form NAME=VALUE".to_owned()),
    }
}
