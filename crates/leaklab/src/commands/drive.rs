//! `leaklab drive`: a lesson's requests on a twin that runs under another tool, for
//! scripts/exit-tools.py. It is left out of the help.

use crate::cli::{Drive, Format};
use crate::commands::{select, stop};
use crate::failure::Failure;
use crate::measure::{Protocol, Under};
use anstream::println;
use anyhow::Context;
use std::process::ExitCode;

/// Drives one lesson and prints what the exact counters saw.
///
/// # Errors
/// No such lesson, or more than one; a process or the database failed; the user
/// interrupted.
pub async fn run(arguments: &Drive) -> Result<ExitCode, Failure> {
    let lesson = match select::lessons(std::slice::from_ref(&arguments.lesson))?[..]
    {
        [lesson] => lesson,
        _ => {
            let name = &arguments.lesson;
            let message = format!("'{name}' begins more than one lesson; name one");
            return Err(Failure::Usage(message));
        }
    };
    let requests = arguments.requests.unwrap_or(lesson.requests);
    let protocol = Protocol::new(lesson, arguments.seed, arguments.rounds, requests);
    let under = Under {
        command: arguments.under.clone(),
        environment: arguments.env.clone(),
    };
    let scratch = tempfile::Builder::new()
        .prefix("leaklab-")
        .tempdir()
        .context("cannot make a temporary folder (TMPDIR)")?;
    let stop = stop::on_signal()?;
    let twin = arguments.twin.as_str();
    let driven = protocol.drive(twin, &under, scratch.path(), &stop).await?;
    match arguments.format {
        Format::Json => {
            let json = serde_json::to_string_pretty(&driven)
                .context("the result has no JSON form")?;
            println!("{json}");
        }
        Format::Text => println!(
            "{twin}, {}: {} requests in {:.1} s, {:.1} a second; live bytes {:+}, \
             peak {:+}, {} errors",
            driven.lesson,
            driven.requests,
            driven.seconds,
            driven.requests_per_second,
            driven.live_growth_bytes,
            driven.peak_growth_bytes,
            driven.errors
        ),
    }
    Ok(ExitCode::SUCCESS)
}
