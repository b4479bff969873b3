//! `leaklab run-under`: a lesson's requests on a twin that runs under another tool. It
//! is for scripts/exit-tools.py and hidden from the help.

use crate::cli::RunUnder;
use crate::commands::select;
use crate::failure::Failure;
use crate::output::print_as;
use crate::run::{EngineChoice, Numbers, Run, Under};
use crate::stop::Stop;
use std::process::ExitCode;

/// Runs one lesson and prints what the exact counters read.
pub async fn run(arguments: &RunUnder) -> Result<ExitCode, Failure> {
    let lesson = select::one(&arguments.lesson)?;
    let numbers = Numbers {
        seed: arguments.seed,
        rounds: Some(arguments.rounds),
        requests: arguments.requests,
        ..Numbers::default()
    };
    let (plan, scenario) = numbers.of(lesson);
    let under = Under {
        command: arguments.under.clone(),
        environment: arguments.env.clone(),
        ..Under::default()
    };
    let run = Run::new(EngineChoice::Embedded, Stop::on_signal()?)?;
    let twin = arguments.twin.as_str();
    let result = run.under(twin, plan, &scenario, &under).await?;
    print_as(arguments.format, &result, |result| {
        format!(
            "{twin}, {}: {} requests in {:.1} s, {:.1} per second; live bytes {:+}, \
             peak {:+}, {} errors\n",
            result.lesson,
            result.requests,
            result.seconds,
            result.requests_per_second,
            result.live_growth_bytes,
            result.peak_growth_bytes,
            result.errors
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
