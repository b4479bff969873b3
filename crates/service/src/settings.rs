//! What the operator decides: command line first, then environment, then default.

use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum};
use std::net::SocketAddr;

const EXAMPLES: &str = "\
Examples:
  {name} --endpoint-url http://127.0.0.1:8000 --table orders
  LOG_FORMAT=json {name} --listen 127.0.0.1:9000

Credentials and region come from the usual AWS chain. Without a DynamoDB at
hand, `leaklab serve {name}` starts an embedded one beside the service.";

/// Settings of one service process.
#[derive(Debug, Clone, Parser)]
#[command(version, about = "An order service on Actix Web and DynamoDB")]
pub struct Settings {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// DynamoDB to use, in place of AWS's own
    #[arg(long, env = "ENDPOINT_URL")]
    pub endpoint_url: Option<String>,
    /// Table with the orders
    #[arg(long, env = "ORDERS_TABLE", default_value = "leaklab-orders")]
    pub table: String,
    /// Worker threads
    #[arg(long, env = "WORKERS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,
    /// Which events to log: a level, or a tracing filter
    #[arg(long, env = "LOG", default_value = "info")]
    pub log: String,
    /// How to log them, to stderr
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Answer /__heap, for callers on this machine only
    #[arg(long)]
    pub measure: bool,
    /// Stop when standard input closes, so that no parent leaves an orphan
    #[arg(long)]
    pub exit_on_stdin_close: bool,
    /// What one client, request or feature may take.
    #[command(flatten)]
    pub limits: Limits,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

/// Every bound that an operator may move. Both twins receive them all.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Largest JSON body
    #[arg(long, env = "BODY_BYTES_MAX", default_value_t = 65_536)]
    pub body_bytes_max: usize,
    /// Longest time for a request with a body, until its answer begins
    #[arg(long, env = "REQUEST_DEADLINE_MS", default_value_t = 10_000)]
    pub request_deadline_ms: u64,
    /// Longest time for a quote, unless its caller asks for less
    #[arg(long, env = "QUOTE_BUDGET_MS", default_value_t = 2_000)]
    pub quote_budget_ms: u64,
    /// Longest time to look an order up
    #[arg(long, env = "ORDER_DEADLINE_MS", default_value_t = 6_000)]
    pub order_deadline_ms: u64,
    /// Connections that a worker serves at a time; more of them wait to be accepted
    #[arg(long, env = "CONNECTIONS_MAX", default_value_t = 1_024, value_parser = at_least_one)]
    pub connections_max: usize,
    /// Orders that are placed at a time
    #[arg(long, env = "ORDERS_AT_ONCE_MAX", default_value_t = 64)]
    pub orders_at_once_max: usize,
    /// Bestseller lists that are counted at a time
    #[arg(long, env = "COUNTS_AT_ONCE_MAX", default_value_t = 4, value_parser = at_least_one)]
    pub counts_at_once_max: usize,
    /// Largest import
    #[arg(long, env = "IMPORT_BYTES_MAX", default_value_t = 64 << 20)]
    pub import_bytes_max: usize,
    /// Events that wait to be written
    #[arg(long, env = "EVENT_QUEUE_MAX", default_value_t = 4_096, value_parser = at_least_one)]
    pub event_queue_max: usize,
    /// Background jobs at a time
    #[arg(long, env = "JOBS_MAX", default_value_t = 256)]
    pub jobs_max: usize,
    /// Longest time for a background job
    #[arg(long, env = "JOB_DEADLINE_MS", default_value_t = 5_000)]
    pub job_deadline_ms: u64,
    /// Memory for cached sessions
    #[arg(long, env = "SESSION_CACHE_BYTES_MAX", default_value_t = 4 << 20)]
    pub session_cache_bytes_max: u64,
    /// How long a session may be served from the cache
    #[arg(long, env = "SESSION_CACHE_TTL_MS", default_value_t = 300_000)]
    pub session_cache_ttl_ms: u64,
    /// Payments whose answers are kept for clients that ask again
    #[arg(long, env = "IDEMPOTENCY_KEYS_MAX", default_value_t = 10_000)]
    pub idempotency_keys_max: u64,
    /// How long the answer to a payment is kept
    #[arg(long, env = "IDEMPOTENCY_TTL_MS", default_value_t = 600_000)]
    pub idempotency_ttl_ms: u64,
    /// Names of reports that are kept at a time
    #[arg(long, env = "REPORT_NAMES_MAX", default_value_t = 10_000)]
    pub report_names_max: usize,
}

impl Settings {
    /// Reads arguments and environment under the program's name; prints help, version
    /// or a usage error and ends the process where those are asked for.
    pub fn read(name: &'static str) -> Self {
        let command =
            Self::command().name(name).after_help(EXAMPLES.replace("{name}", name));
        let matches = command.get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// A queue without a place would take nothing.
fn at_least_one(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|error| format!("{error}"))?;
    if number == 0 { Err("it must be at least 1".to_owned()) } else { Ok(number) }
}
