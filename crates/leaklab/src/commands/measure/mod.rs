//! `leaklab measure`: which requests of a service leak, by how much, and which line.

mod growth;
mod limits;
mod load;
mod outputs;
mod preload;
mod reader;
mod resemblance;
mod result;
mod source;
mod target;
mod traffic;
mod watch;
mod watch_text;

use crate::cli::Measure;
use crate::failure::{Failure, code};
use crate::stop::Stop;
use anyhow::{Context, Result, anyhow};
use growth::measured;
use indicatif::ProgressBar;
use limits::Limits;
use load::FileLoad;
use measure::HeapClient;
use outputs::Outputs;
use reader::Reader;
use report::measured::{Measured, RequestResult, SCHEMA};
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use workload::{HttpFile, Origin, Template};

/// Numbers of the first rounds without a planted leak and with it. The counters of their
/// requests have the same number of digits, which a request may keep.
const PLANTED: [u64; 2] = [1 << 12, 9 << 9];

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
    let outputs = Outputs::new(arguments)?;
    let folder = &arguments.out;
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let all = all(arguments, &file, address);
    let measured = tokio::select! {
        measured = all => measured?,
        () = stop.soon.cancelled() => {
            if arguments.plant.is_some() {
                // A service that goes on must not go on leaking.
                let _ = HeapClient::new(Origin(address)).plant(0).await;
            }
            return Err(Failure::interrupted());
        }
    };
    let known: Vec<_> = file.requests.iter().map(|r| r.name.as_str()).collect();
    outputs.publish(measured, &known)
}

async fn all(
    arguments: &Measure,
    file: &Arc<HttpFile>,
    address: SocketAddr,
) -> Result<Measured, Failure> {
    let (mut target, reader) = reader::start(arguments, address).await?;
    if arguments.plant.is_some() {
        // Refused now, and not after the first request.
        reader.plant(0).await?;
    }
    let process = reader::process(arguments, address);
    let limits = process.map(Limits::of).unwrap_or_default();
    let mut results = Vec::new();
    // On a terminal; nothing in a pipe.
    let line = ProgressBar::new_spinner();
    line.enable_steady_tick(Duration::from_millis(200));
    let origin = Origin(address);
    let one = One { arguments, origin, reader, limits, line };
    for (name, load) in loads(arguments, file) {
        match one.result(name, load).await {
            Ok(result) => results.push(result),
            Err(Failure::Broken(error)) => {
                let ended = target.as_mut().and_then(Target::ended);
                let why = ended.map_or(error, |ended| anyhow!(ended));
                return Err(why.context(format!("request {name}")).into());
            }
            Err(other) => return Err(other),
        }
    }
    let One { reader, line, .. } = one;
    line.finish_and_clear();
    if let Some(target) = target {
        target.stop().await;
    }
    Ok(Measured {
        schema: SCHEMA,
        instrument: reader.name().to_owned(),
        passed: false,
        planted_bytes: arguments.plant,
        baseline: None,
        notes: Vec::new(),
        requests: results,
    })
}

/// What the measurements of all requests share.
struct One<'a> {
    arguments: &'a Measure,
    origin: Origin,
    reader: Reader,
    limits: Limits,
    line: ProgressBar,
}

impl One<'_> {
    async fn result(
        &self,
        name: &str,
        mut load: FileLoad,
    ) -> Result<RequestResult, Failure> {
        let Some(bytes) = self.arguments.plant else {
            return Ok(self.measured(name, &load).await?);
        };
        load.first_round = PLANTED[0];
        let without = self.measured(name, &load).await?;
        load.first_round = PLANTED[1];
        load.on_each = self.reader.plant(bytes).await?;
        let with = self.measured(name, &load).await;
        self.reader.plant(0).await?;
        Ok(with?.with_planted((bytes * load.length()) as f64, &without))
    }

    async fn measured(&self, name: &str, load: &FileLoad) -> Result<RequestResult> {
        let Self { origin, arguments, limits, .. } = *self;
        let step = |step: &str| self.line.set_message(format!("{name}: {step}"));
        let found = match &self.reader {
            Reader::Heap(heap) => {
                measured(heap, origin, load, arguments, limits, &step).await
            }
            Reader::Preload(heap) => {
                measured(heap, origin, load, arguments, limits, &step).await
            }
            Reader::Process(memory) => {
                measured(memory, origin, load, arguments, limits, &step).await
            }
        };
        let (found, traffic) = found?;
        if let Some(window) = found.samples.windows.last() {
            let file: String = name.chars().map(file_character).collect();
            let path = arguments.out.join(format!("{file}.json"));
            fs::write(&path, &window.json)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(result::of(name, &found, traffic, load.length(), limits))
    }
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
