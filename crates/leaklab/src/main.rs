//! The command line: parse, do, say what went wrong, exit.

use clap::Parser;
use leaklab::cli::{Cli, Command};
use leaklab::commands;
use leaklab::failure::{Failure, USAGE};
use leaklab::output::{Keep, print, say};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::try_parse() {
        Ok(cli) => run(cli.command).await,
        Err(help) => print_help(&help),
    };
    outcome.unwrap_or_else(|failure| {
        say(&format!("leaklab: {failure}"), Keep::Nothing);
        failure.code()
    })
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Compare(arguments) => commands::compare::run(&arguments).await,
        Command::Learn(arguments) => commands::learn::run(&arguments).await,
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Mystery(arguments) => commands::mystery::run(&arguments).await,
        Command::Class(arguments) => commands::class::run(&arguments).await,
        Command::Measure(arguments) => commands::measure::run(&arguments).await,
        Command::Live(arguments) => commands::live::run(&arguments).await,
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
    }
}

/// Help, or what is wrong with the arguments, which may contain anything.
fn print_help(help: &clap::Error) -> Result<ExitCode, Failure> {
    let text = help.render();
    if help.use_stderr() {
        // Without styles, which an argument could forge.
        say(text.to_string().trim_end(), Keep::Lines);
        return Ok(ExitCode::from(USAGE));
    }
    print(&text.ansi().to_string())?;
    Ok(ExitCode::SUCCESS)
}
