//! `leaklab measure`: which requests of a service leak, by how much, and which line.

mod baseline;
mod growth;
mod limits;
mod load;
mod preload;
mod reader;
mod resemblance;
mod result;
mod source;
mod target;
mod traffic;
mod watch;
mod watch_text;

use crate::cli::{Format, Measure};
use crate::failure::{Failure, code};
use crate::output::{print, print_as};
use crate::stop::Stop;
use anyhow::{Context, anyhow};
use growth::measured;
use indicatif::ProgressBar;
use limits::Limits;
use load::FileLoad;
use reader::Reader;
use result::{Measured, RequestResult};
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use workload::{HttpFile, Origin, Template};

/// Exit code when a request was not measured: all its responses are errors.
const NOT_MEASURED: u8 = 3;

/// Measures every request of the file.
pub async fn run(arguments: &Measure) -> Result<ExitCode, Failure> {
    if arguments.watch.is_wanted() {
        return watch::run(arguments).await;
    }
    let stop = Stop::on_signal()?;
    let read = tokio::select! {
        read = source::read(arguments) => read?,
        () = stop.soon.cancelled() => return Err(Failure::interrupted()),
    };
    let Some((file, address)) = read else { return Ok(code(true)) };
    let file = Arc::new(file);
    let before = arguments.baseline.as_deref().map(baseline::read).transpose()?;
    let folder = &arguments.output;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let all = all(arguments, &file, address);
    let measured = tokio::select! {
        measured = all => measured?,
        () = stop.soon.cancelled() => return Err(Failure::interrupted()),
    };
    let json =
        serde_json::to_vec_pretty(&measured).context("it has no JSON form")?;
    let path = folder.join("measure.json");
    fs::write(&path, json)
        .with_context(|| format!("cannot write {}", path.display()))?;
    print_as(arguments.format, &measured, result::text)?;
    let worthless = measured.requests.iter().any(RequestResult::is_worthless);
    // A leak that was found comes first.
    let code = |as_expected: bool| match (as_expected, worthless) {
        (true, true) => ExitCode::from(NOT_MEASURED),
        (as_expected, _) => code(as_expected),
    };
    let Some(before) = before else {
        return Ok(code(!measured.requests.iter().any(RequestResult::grows)));
    };
    let changes = baseline::changes(&before, &measured);
    if arguments.format == Format::Text {
        let text: String = changes.iter().map(baseline::Changed::text).collect();
        print(&format!("\nAgainst the baseline\n{text}"))?;
    }
    Ok(code(!changes.iter().any(baseline::Changed::is_regression)))
}

async fn all(
    arguments: &Measure,
    file: &Arc<HttpFile>,
    address: SocketAddr,
) -> Result<Measured, Failure> {
    let (mut target, reader) = reader::start(arguments, address).await?;
    let process = reader::process(arguments, address);
    let limits = process.map(Limits::of).unwrap_or_default();
    let mut results = Vec::new();
    // On a terminal; nothing in a pipe.
    let line = ProgressBar::new_spinner();
    line.enable_steady_tick(Duration::from_millis(200));
    for (name, load) in loads(arguments, file) {
        let origin = Origin(address);
        let step = |step: &str| line.set_message(format!("{name}: {step}"));
        let found = match &reader {
            Reader::Heap(heap) => {
                measured(heap, origin, &load, arguments, limits, &step).await
            }
            Reader::Preload(heap) => {
                measured(heap, origin, &load, arguments, limits, &step).await
            }
            Reader::Process(memory) => {
                measured(memory, origin, &load, arguments, limits, &step).await
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let ended = target.as_mut().and_then(Target::ended);
                let why = ended.map_or(error, |ended| anyhow!(ended));
                return Err(why.context(format!("request {name}")).into());
            }
        };
        if let Some(window) = found.0.samples.windows.last() {
            let name: String = name.chars().map(file_character).collect();
            let path = arguments.output.join(format!("{name}.json"));
            fs::write(&path, &window.json)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let (found, traffic) = &found;
        results.push(RequestResult::new(
            name.to_owned(),
            found,
            traffic.clone(),
            load.length(),
            limits,
        ));
    }
    line.finish_and_clear();
    if let Some(target) = target {
        target.stop().await;
    }
    let instrument = reader.name().to_owned();
    Ok(Measured { schema: baseline::SCHEMA, instrument, requests: results })
}

/// What is measured, by name: each request that is wanted, or all in turn.
fn loads<'a>(
    arguments: &Measure,
    file: &'a Arc<HttpFile>,
) -> Vec<(&'a str, FileLoad)> {
    if arguments.mix {
        return vec![("mix", FileLoad::mix(file))];
    }
    let only = &arguments.only;
    let wanted =
        |request: &&Template| only.is_empty() || only.contains(&request.name);
    let wanted = file.requests.iter().filter(wanted);
    wanted.map(|of| (of.name.as_str(), FileLoad::new(file, of))).collect()
}

/// A character of a file's name.
fn file_character(c: char) -> char {
    if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }
}
