//! Arguments of `leaklab measure`.

use super::Format;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Measure a service of your own, request by request.
///
/// The service is started and stopped, or runs already with --url. Each request of the
/// file is sent alone, in rounds, and the memory is read at rest after each round.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/measure.txt").trim_ascii_end())]
pub struct Measure {
    /// The requests: a .http file as editors' clients read it, a HAR file, or an OpenAPI
    /// 3 document, which can also be an http:// URL of the service
    #[arg(long, value_name = "FILE", required_unless_present_any = ["for", "judge"])]
    pub requests: Option<PathBuf>,

    /// A watch, in place of requests
    #[command(flatten)]
    pub watch: Watch,

    /// Print the requests as a .http file, to be edited, and end
    #[arg(long)]
    pub print_requests: bool,

    /// Header of every request, in place of the file's; as often as needed
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub header: Vec<(String, String)>,

    /// Address of the service; by default that of the first request
    #[arg(long, value_name = "ADDRESS")]
    pub url: Option<SocketAddr>,

    /// Path that answers with a success once the service is ready; by default it is ready
    /// when it accepts connections
    #[arg(long, value_name = "PATH", value_parser = path)]
    pub ready: Option<String>,

    /// Process of the service, where its address doesn't tell
    #[arg(long, value_name = "PID")]
    pub pid: Option<u32>,

    /// Measure only these requests, by name
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,

    /// Send all requests in turn and measure them as one, named mix
    #[arg(long, conflicts_with = "only")]
    pub mix: bool,

    /// What reads the memory
    #[arg(long, value_enum, default_value_t)]
    pub instrument: InstrumentName,

    /// Requests in each of the eight rounds
    #[arg(long, value_name = "N", default_value_t = 250,
          value_parser = clap::value_parser!(u64).range(10..=1_000_000))]
    pub count: u64,

    /// Requests in flight, where the file does not say
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u64).range(1..=512))]
    pub concurrency: u64,

    /// Requests in each second when the service is in use, such as 50/s: a limit that will
    /// be met is told with the time until then
    #[arg(long, value_name = "N/s", value_parser = rate)]
    pub rate: Option<f64>,

    /// Wait so long before a leak is reported, such as 60s: entries of a cache that
    /// expire are gone then
    #[arg(long, value_name = "TIME", default_value = "0s",
          value_parser = humantime::parse_duration)]
    pub idle: Duration,

    /// Part of the path of your source files, such as src/; by default they are found
    /// by the program's name
    #[arg(long, value_name = "PATH")]
    pub in_app: Option<String>,

    /// Folder for measure.json, the reports, the call stacks and the service's log
    #[arg(
        long,
        alias = "output",
        value_name = "DIR",
        default_value = "target/leaklab/measure"
    )]
    pub out: PathBuf,

    /// An earlier measure.json: only what is new or has grown since then is exit code 1
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// TOML file of requests that may grow, each with a reason, an owner and a last day
    #[arg(long, value_name = "FILE")]
    pub accept: Option<PathBuf>,

    /// Folder with the service's sources: report.html shows the lines that hold memory
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,

    /// Let each request leak this many more bytes, and exit with 1 if that is not found:
    /// proves that the same command would catch such a leak
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["baseline", "accept"],
          value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub plant: Option<u64>,

    /// Form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// The service's program and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

fn path(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err("expected a path, such as /health".to_owned()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse::<f64>().ok();
    let number = number.filter(|rate| rate.is_finite() && *rate > 0.0);
    number.ok_or_else(|| "expected requests in a second, such as 50/s".to_owned())
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("expected NAME: VALUE, such as 'X-Tenant: shop'")?;
    let name = http::HeaderName::from_bytes(name.trim().as_bytes());
    let name = name.map_err(|error| error.to_string())?;
    let value = http::HeaderValue::from_str(value.trim());
    let value = value.map_err(|error| error.to_string())?;
    Ok((name.to_string(), value.to_str().map_err(|e| e.to_string())?.to_owned()))
}

/// A watch of a service that has its own traffic.
#[derive(Debug, Args)]
pub struct Watch {
    /// Send nothing, and watch a running service for this long, such as 8h
    #[arg(id = "for", long = "for", value_name = "TIME", value_parser = duration)]
    pub watch_for: Option<Duration>,

    /// Time between two samples of a watch
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub every: Duration,

    /// Judge the samples of a watch, also while it runs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["for", "requests"])]
    pub judge: Option<PathBuf>,
}

impl Watch {
    /// Whether it is one.
    pub fn is_wanted(&self) -> bool {
        self.watch_for.is_some() || self.judge.is_some()
    }
}

/// A time from 10 ms, the shortest that a sample takes with thousands of files.
fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time >= Duration::from_millis(10) => Ok(time),
        Ok(_) => Err("it must be at least 10ms".to_owned()),
        Err(_) => Err("it must be a time such as 500ms, 30s or 8h".to_owned()),
    }
}

/// What reads the memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum InstrumentName {
    /// The best one that is possible
    #[default]
    Auto,
    /// The crate `heap`, which the service mounts: exact, with call stacks
    Heap,
    /// A library that is loaded into the unchanged program: exact, with call stacks
    Preload,
    /// Physical memory, from outside: coarse, without call stacks
    Process,
}
