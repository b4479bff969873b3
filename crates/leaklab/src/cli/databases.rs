//! Arguments of the commands for one service or one database: `serve`, `seed`, `dynamo`.

use crate::cli::{Endpoint, MemoryLimit, TwinName};
use clap::Args;
use dynamo::Fault;
use std::net::SocketAddr;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/serve.txt").trim_ascii_end())]
pub struct Serve {
    /// Which twin
    #[arg(value_enum)]
    pub twin: TwinName,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Seed for the data
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Its memory.
    #[command(flatten)]
    pub memory: MemoryLimit,
    /// Start the twin again when its limit has ended it, as a cluster would
    #[arg(long, requires = "memory_limit")]
    pub restart: bool,
}

/// Arguments of `seed`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/seed.txt").trim_ascii_end())]
pub struct Seed {
    /// DynamoDB to use
    #[arg(long, value_name = "URL", env = "LEAKLAB_ENDPOINT_URL", hide_env_values = true, value_parser = Endpoint)]
    pub endpoint_url: String,
    /// Table; created if it is missing
    #[arg(long, default_value = "leaklab-orders")]
    pub table: String,
    /// Seed for the data
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// Arguments of `dynamo`.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/dynamo.txt").trim_ascii_end())]
pub struct Dynamo {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// What fails, and when; can be repeated
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Stop when standard input closes, so that it never outlives a parent
    #[arg(long)]
    pub exit_on_stdin_close: bool,
}
