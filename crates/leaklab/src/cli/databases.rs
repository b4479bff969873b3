//! Arguments of the commands that run a database or a service on one: `serve`, `seed`,
//! `dynamo`.

use crate::cli::{TwinName, endpoint};
use clap::Args;
use dynamo::Fault;
use std::net::SocketAddr;

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
