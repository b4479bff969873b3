//! Starts the embedded DynamoDB, the program `leaklab-engine`, as a child process.

use crate::run::programs::program;
use anyhow::Result;
use measure::Process;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use tokio::process::Command;

/// A free port of the loopback interface.
pub const ANY_PORT: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));

/// A setting of glibc's malloc: how many freed blocks of each size a thread keeps. The
/// engine allocates a block for every JSON value; with this it needs 25 % less CPU.
const MALLOC: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=65535");

/// Starts an engine with an empty database.
///
/// # Errors
/// It is not built, or the address is taken.
pub async fn start(address: SocketAddr) -> Result<Process> {
    let program = program("leaklab-engine")?;
    let mut command = Command::new(&program);
    command.arg(address.to_string()).env(MALLOC.0, MALLOC.1);
    Process::start("the embedded engine", &program, command).await
}
