//! What a user can type, a file each. A command returns its exit code, or a [`Failure`]
//! that says why there is no result; its help lists the codes.

pub mod claims;
pub mod compare;
pub mod diff;
pub mod run_under;
pub mod dynamo;
pub mod explain;
pub mod gate;
pub mod list;
pub mod report;
pub mod secrets;
pub mod seed;
pub mod serve;
pub mod show;

mod pager;
mod profiles;
mod select;
mod stop;

use crate::failure::Failure;
use anyhow::Context;

/// Prints text as it is, without styles where stdout is no terminal.
///
/// # Errors
/// It cannot be written, as on a full disk, where `println!` would panic. A reader who
/// has left is no error.
fn print(text: &str) -> anyhow::Result<()> {
    pager::write(anstream::stdout(), text).context("cannot write to stdout")
}

/// Prints a result as JSON.
fn print_json(result: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(result)
        .context("the result has no JSON form")?;
    Ok(print(&format!("{json}\n"))?)
}
