//! What can be typed, and its help.

mod compare;
mod databases;
mod processes;
mod profiles;
mod results;

pub use compare::Compare;
pub use databases::{Dynamo, Seed, Serve};
pub use processes::{RunUnder, Secrets};
pub use profiles::{Diff, Show};
pub use results::{Claims, ClaimsFormat, Explain, Gate, Report};

use clap::{Parser, Subcommand, ValueEnum};

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
    /// Run the embedded DynamoDB, optionally with faults
    Dynamo(Dynamo),
    /// List lessons and controls
    List,
    /// Say what a comparison proves and refutes
    Claims(Claims),
    /// Make the page of a comparison again
    Report(Report),
    /// Tell a lesson's story, with its last figures and the lines that differ
    Explain(Explain),
    /// Say what is new, grown or gone since an older comparison
    Gate(Gate),
    /// Rank what a dhat profile holds, yours or ours
    Show(Show),
    /// Compare two dhat profiles, site by site
    Diff(Diff),
    /// Look for planted secrets in both twins' own memory
    Secrets(Secrets),
    /// Send a lesson's requests to a twin that runs under another tool
    #[command(hide = true)]
    RunUnder(RunUnder),
}

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For scripts.
    Json,
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
