//! What can be typed, and its help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use model::Fault;
use std::ffi::OsString;
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
    /// Say what a comparison proves and refutes
    Claims(Claims),
    /// Look for planted secrets in both twins' own memory
    Secrets(Secrets),
    /// Send a lesson's requests to a twin that runs under another tool
    #[command(hide = true)]
    Drive(Drive),
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab compare                      every lesson and control
  leaklab compare l09 l11              two lessons; a beginning is enough
  leaklab compare --format json        for scripts
  leaklab compare l11 --requests 5000  longer rounds see smaller leaks
  leaklab compare l06 --variant all    beside it, fixes that do not hold
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

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
}

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

/// Arguments of `secrets`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab secrets
  leaklab secrets --sessions 1000 --format json

Every session in the table carries a payment secret that no answer shows. The
twins look sessions up; then their memory is searched for those secrets, and
searched again when the caches have expired and other requests have followed.
It reads /proc, so it needs Linux.")]
pub struct Secrets {
    /// Sessions that are looked up, each with a secret of its own
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub sessions: u64,
    /// Requests of another kind after the sessions have expired
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub other_requests: u64,
    /// How long the twins may serve a session from their caches
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    pub session_cache_ttl_ms: u64,
    /// Names data and requests; the same seed, the same secrets
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Arguments of `drive`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leaklab drive l04 --format json
  leaklab drive l04 -- valgrind --leak-check=full --log-file=memcheck.log
  leaklab drive l04 --env LD_PRELOAD=liblsan.so --env LSAN_OPTIONS=exitcode=0")]
pub struct Drive {
    /// Lesson, by id or its beginning
    pub lesson: String,
    /// Which twin
    #[arg(long, value_enum, default_value_t = TwinName::Leaky)]
    pub twin: TwinName,
    /// Rounds, after the warm-up
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub rounds: u64,
    /// Requests in a round; each lesson has a number of its own
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub requests: Option<u64>,
    /// Names data and requests
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// A variable for the twin's environment; may be given more than once
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// A tool and its arguments, which the twin's command line shall follow
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
