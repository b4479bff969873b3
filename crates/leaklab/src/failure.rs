//! How the program can fail, and with which exit code.

use report::Refusal;
use std::process::ExitCode;

/// Every verdict is the expected one.
pub const EXPECTED: u8 = 0;
/// A verdict, or an answer, is not as expected.
pub const UNEXPECTED: u8 = 1;
/// The command line is wrong. clap uses the same code.
pub const USAGE: u8 = 2;
/// A process or the database failed.
pub const BROKEN: u8 = 3;
/// Ctrl-C or another signal, as shells count it.
pub const INTERRUPTED: u8 = 130;

/// The exit code of a result.
pub fn code(as_expected: bool) -> ExitCode {
    ExitCode::from(if as_expected { EXPECTED } else { UNEXPECTED })
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong usage: what, and what to do instead.
    #[error("{0}")]
    Usage(String),
    /// Something outside broke.
    #[error("{0:#}")]
    Broken(#[from] anyhow::Error),
    /// The user asked to stop.
    #[error("interrupted; nothing is left running{left}")]
    Interrupted {
        /// What is left in the database, as a clause.
        left: String,
    },
}

impl Failure {
    /// The user asked to stop.
    pub fn interrupted() -> Self {
        Self::Interrupted { left: String::new() }
    }

    /// The same failure of a run that left these tables in the user's database.
    #[must_use]
    pub fn with_left(self, tables: &[String]) -> Self {
        let left =
            format!("; tables that could not be removed: {}", tables.join(", "));
        match self {
            Self::Usage(_) => self,
            Self::Broken(error) => Self::Broken(anyhow::anyhow!("{error:#}{left}")),
            Self::Interrupted { .. } => Self::Interrupted { left },
        }
    }

    /// The process's exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => USAGE,
            Self::Broken(_) => BROKEN,
            Self::Interrupted { .. } => INTERRUPTED,
        })
    }
}

impl From<Refusal> for Failure {
    fn from(Refusal(why): Refusal) -> Self {
        Self::Usage(why)
    }
}
