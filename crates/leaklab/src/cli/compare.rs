//! Arguments of `compare`.

use crate::cli::{Format, TwinName, endpoint};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab compare                      every lesson and control
  leaklab compare l09 l11              two lessons; a beginning is enough
  leaklab compare --format json        for scripts
  leaklab compare l11 --requests 5000  longer rounds see smaller leaks
  leaklab compare l06 --variant all    beside it, fixes that do not hold
  leaklab compare --baseline old/comparison.json
                                       also fail on what is new or grown
  leaklab compare --endpoint-url http://127.0.0.1:8000
                                       on DynamoDB Local, Alternator or AWS

Exit codes: 0 every verdict is as expected, 1 one is not or something is new or
grown, 2 wrong usage, 3 a process or the database failed, 130 interrupted.")]
pub struct Compare {
    /// Lessons to run, by id or its beginning; all when none is given
    pub lessons: Vec<String>,
    /// Run one twin only
    #[arg(long, value_enum)]
    pub twin: Option<TwinName>,
    /// Measure a fix that does not hold, too, by its name, or all of them: all
    #[arg(long = "variant", value_name = "NAME", conflicts_with = "twin")]
    pub variants: Vec<String>,
    /// Measure c01 with a leak of so many bytes a request, too
    #[arg(long, value_name = "N", hide = true, conflicts_with = "twin")]
    pub leak_bytes: Option<u64>,
    /// DynamoDB to work on; an embedded one is started without it
    #[arg(long, value_name = "URL", env = "LEAKLAB_ENDPOINT_URL", value_parser = endpoint)]
    pub endpoint_url: Option<String>,
    /// Beginning of the names of tables there
    #[arg(long, default_value = "leaklab-", requires = "endpoint_url")]
    pub table_prefix: String,
    /// Names data and requests; the same seed, the same run
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Rounds with a reading, after the warm-up
    #[arg(long, value_parser = clap::value_parser!(u64).range(4..=1_000))]
    pub rounds: Option<u64>,
    /// Requests in a round; each lesson has a number of its own
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub requests: Option<u64>,
    /// Sizes for lessons whose peak follows items, or requests at once: 1000,7000,50000
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub sizes: Option<Vec<u64>>,
    /// An older comparison.json: fail on what leaks and did not, or leaks more
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Sites that may be new, each with a reason, in TOML
    #[arg(long, value_name = "FILE", requires = "baseline")]
    pub accept: Option<PathBuf>,
    /// Folder for comparison.json and profiles
    #[arg(long, value_name = "DIR", default_value = "target/leaklab")]
    pub out: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Fewer rounds and requests: quicker, and blind to smaller leaks
    #[arg(long)]
    pub quick: bool,
}
