//! Settings: from the command line, else from the environment, else the default.

use actix_web::http::Uri;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum, value_parser};
use std::net::SocketAddr;
use tracing_subscriber::filter::Targets;

const EXAMPLES: &str = "\
Examples:
  {name} --endpoint-url http://127.0.0.1:8000 --table orders
  LOG_FORMAT=json {name} --listen 127.0.0.1:9000

Credentials and region come from the usual AWS chain. To run without a DynamoDB,
use `leaklab serve {name}`, which starts an embedded one.";

/// Settings of one service process.
#[derive(Debug, Clone, Parser)]
#[command(version, about = "An order service on Actix Web and DynamoDB")]
pub struct Settings {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// DynamoDB endpoint to use instead of AWS
    #[arg(long, env = "ENDPOINT_URL", value_parser = endpoint)]
    pub endpoint_url: Option<String>,
    /// Table with the orders
    #[arg(long, env = "ORDERS_TABLE", default_value = "leaklab-orders", value_parser = table)]
    pub table: String,
    /// Worker threads
    #[arg(long, env = "WORKERS", default_value_t = 2, value_parser = value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Which events to log: a level, or a tracing filter. Libraries log nothing below
    /// info, since they would print what clients and the database send
    #[arg(long, env = "LOG", default_value = "info")]
    pub log: Targets,
    /// Format of the log on stderr
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Serve /__heap, to callers on this machine only
    #[arg(long)]
    pub measure: bool,
    /// Stop when standard input closes, so that the service ends with its parent
    #[arg(long)]
    pub exit_on_stdin_close: bool,
    /// Limits of clients, requests and features.
    #[command(flatten)]
    pub limits: Limits,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text per event.
    Text,
    /// A JSON object per line.
    Json,
}

/// Every limit that an operator can set. Both twins receive them all.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Largest JSON body
    #[arg(long, env = "BODY_BYTES_MAX", default_value_t = 65_536, value_parser = at_least_one)]
    pub body_bytes_max: usize,
    /// How long a client may neither send nor take anything while the service waits
    /// for it
    #[arg(long, env = "CLIENT_IDLE_MS", default_value_t = 10_000, value_parser = millis())]
    pub client_idle_ms: u64,
    /// Bytes of a body that a client must send in a second, on average
    #[arg(long, env = "BODY_RATE_MIN", default_value_t = 1_024, value_parser = at_least_one)]
    pub body_rate_min: usize,
    /// Time until an answer begins, once the request has arrived
    #[arg(long, env = "ANSWER_DEADLINE_MS", default_value_t = 10_000, value_parser = millis())]
    pub answer_deadline_ms: u64,
    /// Time for a quote, unless its caller asks for less
    #[arg(long, env = "QUOTE_BUDGET_MS", default_value_t = 2_000, value_parser = millis())]
    pub quote_budget_ms: u64,
    /// Time to look up an order
    #[arg(long, env = "ORDER_DEADLINE_MS", default_value_t = 6_000, value_parser = millis())]
    pub order_deadline_ms: u64,
    /// Connections that a worker serves at a time; further ones wait to be accepted
    #[arg(long, env = "CONNECTIONS_MAX", default_value_t = 2_048, value_parser = at_least_one)]
    pub connections_max: usize,
    /// Orders that are received at a time
    #[arg(long, env = "ORDER_BODIES_MAX", default_value_t = 1_024, value_parser = at_least_one)]
    pub order_bodies_max: usize,
    /// Orders that are written at a time
    #[arg(long, env = "ORDERS_AT_ONCE_MAX", default_value_t = 64, value_parser = at_least_one)]
    pub orders_at_once_max: usize,
    /// Bestseller lists that are counted at a time
    #[arg(long, env = "COUNTS_AT_ONCE_MAX", default_value_t = 4, value_parser = at_least_one)]
    pub counts_at_once_max: usize,
    /// Exports at a time
    #[arg(long, env = "EXPORTS_AT_ONCE_MAX", default_value_t = 16, value_parser = at_least_one)]
    pub exports_at_once_max: usize,
    /// Time to count a list of bestsellers, the wait for a turn included
    #[arg(long, env = "COUNT_DEADLINE_MS", default_value_t = 8_000, value_parser = millis())]
    pub count_deadline_ms: u64,
    /// Largest import
    #[arg(long, env = "IMPORT_BYTES_MAX", default_value_t = 64 << 20, value_parser = at_least_one)]
    pub import_bytes_max: usize,
    /// Imports at a time
    #[arg(long, env = "IMPORTS_AT_ONCE_MAX", default_value_t = 16, value_parser = at_least_one)]
    pub imports_at_once_max: usize,
    /// Live feeds at a time
    #[arg(long, env = "FEEDS_MAX", default_value_t = 1_024, value_parser = at_least_one)]
    pub feeds_max: usize,
    /// Time between two signs of life in a live feed that has nothing to tell
    #[arg(long, env = "FEED_HEARTBEAT_MS", default_value_t = 15_000, value_parser = millis())]
    pub feed_heartbeat_ms: u64,
    /// Events that may wait to be written
    #[arg(long, env = "EVENT_QUEUE_MAX", default_value_t = 4_096, value_parser = at_least_one)]
    pub event_queue_max: usize,
    /// Background jobs that run or wait
    #[arg(long, env = "JOBS_MAX", default_value_t = 256, value_parser = at_least_one)]
    pub jobs_max: usize,
    /// Background jobs that run at a time, each with a connection to the database
    #[arg(long, env = "JOBS_AT_ONCE_MAX", default_value_t = 16, value_parser = at_least_one)]
    pub jobs_at_once_max: usize,
    /// Time for a background job
    #[arg(long, env = "JOB_DEADLINE_MS", default_value_t = 5_000, value_parser = millis())]
    pub job_deadline_ms: u64,
    /// Memory for cached sessions
    #[arg(long, env = "SESSION_CACHE_BYTES_MAX", default_value_t = 4 << 20, value_parser = value_parser!(u64).range(1..))]
    pub session_cache_bytes_max: u64,
    /// How long a session may be served from the cache
    #[arg(long, env = "SESSION_CACHE_TTL_MS", default_value_t = 300_000, value_parser = millis())]
    pub session_cache_ttl_ms: u64,
    /// Payments whose answers are kept for clients that retry
    #[arg(long, env = "IDEMPOTENCY_KEYS_MAX", default_value_t = 10_000, value_parser = value_parser!(u64).range(1..))]
    pub idempotency_keys_max: u64,
    /// How long the answer to a payment is kept
    #[arg(long, env = "IDEMPOTENCY_TTL_MS", default_value_t = 600_000, value_parser = millis())]
    pub idempotency_ttl_ms: u64,
    /// Tenants whose credentials are kept at a time
    #[arg(long, env = "TENANT_CREDENTIALS_MAX", default_value_t = 1_000, value_parser = value_parser!(u64).range(1..))]
    pub tenant_credentials_max: u64,
    /// Answer /metrics to every caller, and not only to those on this machine
    #[arg(long, env = "METRICS_PUBLIC")]
    pub metrics_public: bool,
}

impl Settings {
    /// Reads arguments and environment. Prints help, version or a usage error and ends
    /// the process if needed.
    pub fn read(name: &'static str) -> Self {
        let command =
            Self::command().name(name).after_help(EXAMPLES.replace("{name}", name));
        let matches = command.get_matches();
        let settings = Self::from_arg_matches(&matches);
        settings.and_then(Self::checked).unwrap_or_else(|error| error.exit())
    }

    /// Refuses settings that contradict each other.
    fn checked(self) -> Result<Self, clap::Error> {
        let Limits {
            answer_deadline_ms, order_deadline_ms, quote_budget_ms, ..
        } = self.limits;
        for (name, time) in [
            ("--order-deadline-ms", order_deadline_ms),
            ("--quote-budget-ms", quote_budget_ms),
        ] {
            if time > answer_deadline_ms {
                let text = format!(
                    "{name} {time} is longer than --answer-deadline-ms \
                     {answer_deadline_ms}, which ends every request"
                );
                return Err(Self::command().error(ErrorKind::ValueValidation, text));
            }
        }
        Ok(self)
    }
}

/// A limit of 0 would refuse everything, and one beyond a terabyte limits nothing.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|error| format!("{error}"))?;
    match number {
        0 => Err("it must be at least 1".to_owned()),
        1..=0x100_0000_0000 => Ok(number),
        _ => Err("it must be at most 1099511627776".to_owned()),
    }
}

/// A time of up to a year, in milliseconds.
fn millis() -> clap::builder::RangedU64ValueParser {
    value_parser!(u64).range(1..=31_536_000_000)
}

/// An address that the SDK can call.
fn endpoint(text: &str) -> Result<String, String> {
    let url: Uri = text.parse().map_err(|error| format!("{error}"))?;
    let scheme = url.scheme_str().unwrap_or_default();
    let host = url.host().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || host.is_empty() {
        return Err("it must be like http://127.0.0.1:8000".to_owned());
    }
    Ok(text.to_owned())
}

/// The name of a table, or its ARN.
fn table(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    if text.len() < 3 || text.len() > 1_024 || !text.bytes().all(plain) {
        return Err("it must be a name of at least 3 letters and digits".to_owned());
    }
    Ok(text.to_owned())
}
