//! `leaklab measure`: which requests of a service leak, by how much, and which line.

mod growth;
mod live;
mod load;
mod outputs;
mod preload;
mod reader;
mod resemblance;
mod result;
pub(super) mod source;
mod target;
mod traffic;
mod watch;
mod watch_text;

use crate::cli::Measure;
use crate::failure::{Failure, code};
use crate::output::{Keep, say};
use crate::stop::Stop;
use anyhow::{Context, Result, anyhow};
use growth::measured;
use indicatif::ProgressBar;
pub(super) use live::OwnService;
use load::FileLoad;
use measure::outside::{self, Limits};
use outputs::Outputs;
use reader::Reader;
use report::figures;
use report::measured::{Measured, RequestResult, SCHEMA};
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use target::Target;
use workload::{HttpFile, Origin, Template};

/// The first number of the requests without a planted leak and with it, which have the
/// same number of digits: a service may keep them.
const PLANTED: u64 = 100_000;

/// The lines are right for sources that may have changed.
const REBUILT: &str = "the program was built again since it was started: the result and \
    its lines are those of the program that runs, and not of the new one";

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
    let (measured, failure) = all(arguments, &file, address, &stop).await?;
    let known: Vec<_> = file.requests.iter().map(|r| r.name.as_str()).collect();
    let published = outputs.publish(measured, &known);
    failure.map_or(published, Err)
}

async fn all(
    arguments: &Measure,
    file: &Arc<HttpFile>,
    address: SocketAddr,
    stop: &Stop,
) -> Result<(Measured, Option<Failure>), Failure> {
    let (mut target, reader) = tokio::select! {
        started = reader::start(arguments, address) => started?,
        () = stop.soon.cancelled() => return Err(Failure::interrupted()),
    };
    if arguments.plant.is_some() {
        // Refused now, and not after the first request.
        reader.plant(0).await?;
    }
    let one = One::new(arguments, address, reader);
    let (mut requests, mut failure, mut notes) = (Vec::new(), None, Vec::new());
    let loads = loads(arguments, file);
    let all = loads.len();
    for (name, load) in loads {
        let result = tokio::select! {
            result = one.result(name, load) => result,
            () = stop.soon.cancelled() => Err(Failure::interrupted()),
        };
        match result {
            Ok(result) => requests.push(result),
            Err(why) => {
                let why = one.explained(name, why, target.as_mut()).await;
                if requests.is_empty() {
                    return Err(why);
                }
                notes
                    .push(format!("nothing is known of {name} and what follows it"));
                failure = Some(why);
                break;
            }
        }
        if one.line.is_hidden() {
            let done = format!("{name}: measured, {} of {all}", requests.len());
            say(&done, Keep::Nothing);
        }
    }
    let One { reader, process, line, .. } = one;
    line.finish_and_clear();
    if process.is_some_and(outside::is_rebuilt) {
        notes.push(REBUILT.to_owned());
    }
    if let Some(target) = target {
        target.stop().await;
    }
    let measured = Measured {
        schema: SCHEMA,
        instrument: reader.name().to_owned(),
        measured_at: figures::now(),
        passed: false,
        planted_bytes: arguments.plant,
        baseline: None,
        notes,
        requests,
    };
    Ok((measured, failure))
}

/// What the measurements of all requests share.
struct One<'a> {
    arguments: &'a Measure,
    origin: Origin,
    reader: Reader,
    process: Option<u32>,
    limits: Limits,
    /// The language of a service whose objects are in memory of their own.
    runtime: Option<&'static str>,
    /// On a terminal; elsewhere there is a line for each request.
    line: ProgressBar,
}

impl<'a> One<'a> {
    fn new(arguments: &'a Measure, address: SocketAddr, reader: Reader) -> Self {
        let process = reader::process(arguments, address);
        let line = ProgressBar::new_spinner();
        line.enable_steady_tick(Duration::from_millis(200));
        Self {
            arguments,
            origin: Origin(address),
            reader,
            process,
            limits: process.map(Limits::of).unwrap_or_default(),
            runtime: process.and_then(attach::runtime::with_garbage),
            line,
        }
    }

    /// Why a request was not measured: what the service said at its end, if it ended.
    async fn explained(
        &self,
        name: &str,
        why: Failure,
        target: Option<&mut Target>,
    ) -> Failure {
        match why {
            Failure::Broken(error) => {
                let ended = match target {
                    Some(target) => target.ended_by_now().await,
                    None => None,
                };
                let why = ended.map_or(error, |ended| anyhow!(ended));
                why.context(format!("request {name}")).into()
            }
            Failure::Interrupted { .. } if self.arguments.plant.is_some() => {
                // A service that goes on must not go on leaking.
                let _ = self.reader.plant(0).await;
                why
            }
            other => other,
        }
    }

    async fn result(
        &self,
        name: &str,
        mut load: FileLoad,
    ) -> Result<RequestResult, Failure> {
        let Some(bytes) = self.arguments.plant else {
            return Ok(self.measured(name, &load).await?);
        };
        load.number_from(PLANTED);
        let without = self.measured(name, &load).await?;
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
        let (mut found, traffic) = found?;
        if let Some(language) = self.runtime {
            result::doubt(&mut found, language, self.reader.is_exact());
        }
        if let Some(window) = found.samples.windows.last() {
            let file: String = name.chars().map(file_character).collect();
            let path = arguments.out.join(format!("{file}.json"));
            fs::write(&path, &window.json)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let (length, how, rate) = (load.length(), load.how(), arguments.rate);
        let sent = result::Sent { length, how, rate };
        Ok(result::of(name, &found, traffic, &sent, limits))
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
