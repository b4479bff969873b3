//! What can be typed, and its help.

mod compare;
mod databases;
mod learn;
mod live;
mod limits;
mod measure;
mod processes;
mod profiles;
mod results;
mod workshop;

pub use compare::Compare;
pub use databases::{Dynamo, Seed, Serve};
pub use learn::{Doctor, Learn, LearnStep};
pub use limits::MemoryLimit;
pub use live::Live;
pub use measure::{InstrumentName, Measure};
pub use processes::{RunUnder, Secrets};
pub use profiles::{Diff, Show};
pub use results::{COMPARISON, Claims, ClaimsFormat, Explain, Gate, Report};
pub use workshop::{Class, ClassStep, Mystery, MysteryStep};

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Parser, Subcommand, ValueEnum};
use std::ffi::OsStr;

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
    /// Send both twins the same requests and print what leaks
    Compare(Compare),
    /// Repair leaks as exercises: predict, measure, repair, have it judged
    Learn(Learn),
    /// Say whether this machine is fit to build and measure
    Doctor(Doctor),
    /// Build and start a service whose leaks you are to find; grade answers
    Mystery(Mystery),
    /// Prepare a class of teams, and show who is where
    Class(Class),
    /// Measure a service of your own, request by request
    Measure(Box<Measure>),
    /// Watch both twins under load until one is killed, on a page
    Live(Live),
    /// Run one twin beside an embedded DynamoDB, to try it by hand
    Serve(Serve),
    /// Create a table with data in your own DynamoDB
    Seed(Seed),
    /// Run the embedded DynamoDB, optionally with faults
    Dynamo(Dynamo),
    /// List lessons and controls
    List,
    /// Print what a comparison proves and refutes
    Claims(Claims),
    /// Write the page of a comparison again
    Report(Report),
    /// Show a lesson's chapter, with your last figures and the diff
    Explain(Explain),
    /// Print what is new, grown or gone since an older comparison
    Gate(Gate),
    /// Rank the allocation sites of a dhat profile
    Show(Show),
    /// Compare two dhat profiles, site by site
    Diff(Diff),
    /// Find planted secrets in the memory of both twins
    Secrets(Secrets),
    /// Send a lesson's requests to a twin that runs under another tool
    #[command(hide = true)]
    RunUnder(RunUnder),
}

/// Form of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a terminal.
    Text,
    /// For scripts.
    Json,
}

/// A twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TwinName {
    /// Keeps memory that it should free.
    Leaky,
    /// Frees it.
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
#[derive(Debug, Clone, Copy)]
struct Endpoint;

impl TypedValueParser for Endpoint {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let text = value.to_string_lossy();
        let uri = text.parse::<http::Uri>().ok();
        let parts = uri.as_ref().map(|uri| (uri.scheme_str(), uri.host()));
        let wrong = match parts {
            // Not repeated: messages and results end up in logs.
            _ if text.contains('@') => {
                "invalid value for '--endpoint-url <URL>': it must not have a user or \
                 password; credentials come from the usual AWS chain"
                    .to_owned()
            }
            Some((Some("http" | "https"), Some(_))) => return Ok(text.into_owned()),
            _ => format!(
                "invalid value '{text}' for '--endpoint-url <URL>': it must begin with \
                 http:// or https:// and name a host"
            ),
        };
        Err(command.clone().error(ErrorKind::ValueValidation, wrong))
    }
}
