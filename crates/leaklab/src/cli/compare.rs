//! Arguments of `compare`.

use crate::cli::{Endpoint, Format, MemoryLimit, TwinName};
use crate::run::Numbers;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/compare.txt").trim_ascii_end())]
pub struct Compare {
    /// Lessons to run, by id or prefix [default: all]
    pub lessons: Vec<String>,
    /// Run one twin only
    #[arg(long, value_enum)]
    pub twin: Option<TwinName>,
    /// Also measure a failed fix, by its name, or all of them: all
    #[arg(long = "failed-fix", value_name = "NAME", conflicts_with = "twin")]
    pub failed_fixes: Vec<String>,
    /// Also measure a leak of N bytes per request, in a control
    #[arg(long, value_name = "N", hide = true, conflicts_with = "twin")]
    pub leak_bytes: Option<u64>,
    /// DynamoDB to use [default: starts an embedded one]
    #[arg(long, value_name = "URL", env = "LEAKLAB_ENDPOINT_URL", hide_env_values = true, value_parser = Endpoint)]
    pub endpoint_url: Option<String>,
    /// Prefix of the table names there
    #[arg(long, default_value = "leaklab-", requires = "endpoint_url")]
    pub table_prefix: String,
    /// How to measure.
    #[command(flatten)]
    pub numbers: Numbers,
    /// Memory of each service.
    #[command(flatten)]
    pub memory: MemoryLimit,
    /// An older comparison.json: fail on new or larger leaks
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// TOML file of sites that may be new, each with a reason
    #[arg(long, value_name = "FILE", requires = "baseline")]
    pub accept: Option<PathBuf>,
    /// Folder for comparison.json and profiles
    #[arg(long, value_name = "DIR", default_value = "target/leaklab")]
    pub out: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
