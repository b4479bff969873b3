//! What can be typed, and its help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::Fault;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Measures what leaks in an Actix Web service on DynamoDB, and what stops it.
#[derive(Debug, Parser)]
#[command(name = "leaklab", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Drive both twins with the same requests and say what leaks
    Compare(Compare),
    /// Run one twin beside an embedded DynamoDB, to try it by hand
    Serve(Serve),
    /// Make a table with data on a DynamoDB of your own
    Seed(Seed),
    /// Run the embedded DynamoDB alone, with faults if you like
    Dynamo(Dynamo),
    /// List lessons and controls
    List,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab compare                      every lesson and control
  leaklab compare l09 l11              two lessons; a beginning is enough
  leaklab compare --format json        for scripts
  leaklab compare l11 --requests 5000  longer rounds see smaller leaks
  leaklab compare --endpoint-url http://127.0.0.1:8000
                                       on DynamoDB Local, Alternator or AWS

Exit codes: 0 every verdict is as expected, 1 one is not, 2 wrong usage,
3 a process or the database failed, 130 interrupted.")]
pub struct Compare {
    /// Lessons to run, by id or its beginning; all when none is given
    pub lessons: Vec<String>,
    /// Run one twin only
    #[arg(long, value_enum)]
    pub twin: Option<TwinName>,
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
    /// Sizes for lessons whose law is a peak, in items: 1000,7000,50000
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub sizes: Option<Vec<u64>>,
    /// Folder for comparison.json and profiles
    #[arg(long, value_name = "DIR", default_value = "target/leaklab")]
    pub out: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Half the requests: quicker, and blind to smaller leaks
    #[arg(long)]
    pub quick: bool,
}

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// comparison.json.
    Json,
}

/// A twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TwinName {
    /// Keeps what it should drop.
    Leaky,
    /// Its remediated twin.
    Fixed,
}

impl TwinName {
    /// Name of the program.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaky => "leaky",
            Self::Fixed => "fixed",
        }
    }
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab serve leaky
  leaklab serve fixed --listen 127.0.0.1:9000")]
pub struct Serve {
    /// Which twin
    #[arg(value_enum)]
    pub twin: TwinName,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Names the data
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// Arguments of `seed`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab seed --endpoint-url http://127.0.0.1:8000
  leaklab seed --endpoint-url http://127.0.0.1:8000 --table orders --seed 8

A table that is there already keeps its other items.")]
pub struct Seed {
    /// Where
    #[arg(long, value_name = "URL", env = "LEAKLAB_ENDPOINT_URL", value_parser = endpoint)]
    pub endpoint_url: String,
    /// Table, made when it is missing
    #[arg(long, default_value = "leaklab-orders")]
    pub table: String,
    /// Names the data
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// Arguments of `dynamo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab dynamo
  leaklab dynamo --listen 127.0.0.1:0
  leaklab dynamo --fault GetItem:delay=500
  leaklab dynamo --fault 'Query:error=400/ThrottlingException@1/3'
  leaklab dynamo --fault '*:reset@1%' --fault BatchWriteItem:unprocessed=50

A fault is OPERATION:ACTION or OPERATION:ACTION@WHEN. The operation is named as
in GetItem; * is every request. The first fault that meets a request decides.

Actions:
  delay=MS             hold the request, then pass it on
  silence              never answer
  reset                reset the connection before the answer
  error=STATUS/CODE    answer with an error of DynamoDB's
  slow=BYTES/MS        pause after every so many bytes of the answer's body
  stall=BYTES          so many bytes of the body, then nothing
  reset=BYTES          so many bytes of the body, then a reset
  cut=BYTES            so many bytes of the body, then the end
  unprocessed=PERCENT  hand so much of each batch back

When:
  @1/3                 of every three requests the first
  @10%                 one in ten, the same ones in every run")]
pub struct Dynamo {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// What shall go wrong, and when; can be repeated
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Stop when standard input closes, so that no parent leaves an orphan
    #[arg(long)]
    pub exit_on_stdin_close: bool,
}

/// A URL that the SDK will take.
fn endpoint(text: &str) -> Result<String, String> {
    let uri: http::Uri = text.parse().map_err(|error| format!("{error}"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(_)) => Ok(text.to_owned()),
        _ => {
            Err("it must begin with http:// or https:// and name a host".to_owned())
        }
    }
}
