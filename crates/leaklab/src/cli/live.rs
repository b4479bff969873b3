//! Arguments of `leaklab live`.

use crate::cli::MemoryLimit;
use clap::{Args, value_parser};
use live::server::LOAD_MAX;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Watch both twins under a steady load until the memory limit kills one.
///
/// Prints the address of a page that shows memory, a forecast and the death while it
/// happens. Ctrl-C ends the run.
#[derive(Debug, Clone, Args)]
#[command(after_help = include_str!("help/live.txt").trim_ascii_end())]
pub struct Live {
    /// Lesson, by id or prefix; several with --prove [default: l09]
    #[arg(value_name = "LESSON")]
    pub lessons: Vec<String>,

    /// Requests that start in each second [default: depends on the lesson]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=LOAD_MAX))]
    pub load: Option<u64>,

    /// The memory of a service.
    #[command(flatten)]
    pub memory: MemoryLimit,

    /// Address of the page; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Write the run at its end as a page that opens alone
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    /// Show a saved run again, without any service
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lessons", "load", "save", "requests", "prove", "memory_limit"])]
    pub replay: Option<PathBuf>,

    /// Without a page: wait for the death and compare it with the forecast
    #[arg(long, conflicts_with_all = ["save", "requests"])]
    pub prove: bool,

    /// The requests of a service of your own, as `leaklab measure` reads them
    #[arg(
        long,
        value_name = "FILE",
        requires = "command",
        conflicts_with_all = ["lessons", "limit_by"]
    )]
    pub requests: Option<PathBuf>,

    /// A saved run beside it, as a second card
    #[arg(long, value_name = "FILE", requires = "requests")]
    pub baseline: Option<PathBuf>,

    /// The service's program and its arguments
    #[arg(last = true, value_name = "COMMAND", requires = "requests")]
    pub command: Vec<OsString>,
}
