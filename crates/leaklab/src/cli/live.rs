//! Arguments of `leaklab live`.

use clap::{Args, value_parser};
use limit::{By, Bytes};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Watch both twins under a steady load until the memory limit kills one.
///
/// Prints the address of a page that shows memory, a forecast and the death while it
/// happens. Ctrl-C ends the run.
#[derive(Debug, Args)]
#[command(after_help = include_str!("help/live.txt").trim_ascii_end())]
pub struct Live {
    /// Lesson, by id or prefix; several with --prove [default: l09]
    #[arg(value_name = "LESSON")]
    pub lessons: Vec<String>,

    /// Requests that start in each second [default: depends on the lesson]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=4_000))]
    pub load: Option<u64>,

    /// Memory that a service may have, as 128MiB [default: depends on the lesson]
    #[arg(long, value_name = "SIZE")]
    pub memory_limit: Option<Bytes>,

    /// Who enforces it: auto, kernel or allocator
    #[arg(
        long,
        value_name = "WHO",
        default_value = "auto",
        conflicts_with_all = ["replay", "requests"]
    )]
    pub limit_by: By,

    /// Address of the page; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    pub listen: SocketAddr,

    /// Write the run at its end as a page that opens alone
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    /// Show a saved run again, without any service
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lessons", "save", "requests", "prove"])]
    pub replay: Option<PathBuf>,

    /// Without a page: wait for the death and compare it with the forecast
    #[arg(long, conflicts_with_all = ["save", "requests"])]
    pub prove: bool,

    /// The requests of a service of your own, as `leaklab measure` reads them
    #[arg(
        long,
        value_name = "FILE",
        requires = "command",
        conflicts_with = "lessons"
    )]
    pub requests: Option<PathBuf>,

    /// The service's program and its arguments
    #[arg(last = true, value_name = "COMMAND", requires = "requests")]
    pub command: Vec<OsString>,
}
