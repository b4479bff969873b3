//! The command line: parse, do, say what went wrong, exit.

use clap::Parser;
use leaklab::cli::{Cli, Command};
use leaklab::commands;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Compare(arguments) => commands::compare::run(&arguments).await,
        Command::Serve(arguments) => commands::serve::run(&arguments).await,
        Command::Seed(arguments) => commands::seed::run(&arguments).await,
        Command::Dynamo(arguments) => commands::dynamo::run(&arguments).await,
        Command::Claims(arguments) => commands::claims::run(&arguments),
        Command::Report(arguments) => commands::report::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Gate(arguments) => commands::gate::run(&arguments),
        Command::Show(arguments) => commands::show::run(&arguments),
        Command::Diff(arguments) => commands::diff::run(&arguments),
        Command::List => commands::list::run(),
        Command::Secrets(arguments) => commands::secrets::run(&arguments).await,
        Command::RunUnder(arguments) => commands::run_under::run(&arguments).await,
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("leaklab: {failure}");
        failure.code()
    })
}
