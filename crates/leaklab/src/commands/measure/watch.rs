//! `leaklab measure --for`: samples a running service for hours, and judges the file.

use super::preload::Preloaded;
use super::reader::{self, Reader};
use super::target::{self, Target};
use super::watch_text::{Result as Judged, moment, text};
use crate::cli::{InstrumentName, Measure};
use crate::failure::{BROKEN, Failure, code};
use crate::output::{Keep, print_as, say};
use crate::stop::Stop;
use anyhow::{Context, Result, anyhow};
use indicatif::ProgressBar;
use limit::MemoryGroup;
use measure::ProcessMemory;
use measure::outside::{self, Limits};
use measure::watch::{self, Ended, Service, WatchFile};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// The samples, in the folder of the output.
const FILE: &str = "watch.jsonl";
/// Time for a program to load the library.
const LOADS_WITHIN: Duration = Duration::from_secs(5);

/// Watches a service, or judges the file of a watch.
pub(super) async fn run(arguments: &Measure) -> Result<ExitCode, Failure> {
    if let Some(file) = &arguments.watch.judge {
        return judge(arguments, file);
    }
    let (url, pid) = (arguments.url, arguments.pid);
    let wrong = if arguments.requests.is_some() {
        "--for watches the traffic that a service has, and sends nothing; leave out \
         --requests, or measure them without --for"
    } else if url.is_none() && pid.is_none() && arguments.command.is_empty() {
        "--for needs the service that it watches: --url ADDRESS, --pid PID, or its \
         command after --"
    } else {
        ""
    };
    if !wrong.is_empty() {
        return Err(Failure::Usage(wrong.to_owned()));
    }
    let path = arguments.out.join(FILE);
    fs::create_dir_all(&arguments.out)
        .with_context(|| format!("cannot make the folder of {}", path.display()))?;
    let stop = Stop::on_signal()?;
    let mut file = WatchFile::open(&path).map_err(usage)?;
    let watched = tokio::select! {
        watched = Watched::start(arguments) => watched?,
        () = stop.soon.cancelled() => return Err(Failure::interrupted()),
    };
    let died = watched.sample(arguments, &mut file, &stop).await?;
    match judge(arguments, &path)? {
        fine if fine == ExitCode::SUCCESS && died => Ok(ExitCode::from(BROKEN)),
        code => Ok(code),
    }
}

/// A file that can't be used.
fn usage(error: anyhow::Error) -> Failure {
    Failure::Usage(format!("{error:#}"))
}

fn judge(arguments: &Measure, file: &Path) -> Result<ExitCode, Failure> {
    let result = Judged::new(watch::judge(file).map_err(usage)?);
    print_as(arguments.format, &result, text)?;
    Ok(code(!result.grows()))
}

/// The service, and what reads it.
struct Watched {
    reader: Reader,
    target: Option<Target>,
    address: Option<SocketAddr>,
    service: Service,
    /// Whose counts say that the kernel has killed a process.
    group: Option<MemoryGroup>,
}

impl Watched {
    async fn start(arguments: &Measure) -> Result<Self, Failure> {
        let address = arguments.url;
        let (target, reader, process) = if let Some(address) = address {
            let (target, reader) = reader::start(arguments, address).await?;
            (target, reader, reader::process(arguments, address))
        } else if let (Some(process), []) = (arguments.pid, &*arguments.command) {
            let outside = [InstrumentName::Auto, InstrumentName::Process]
                .contains(&arguments.instrument);
            if !outside {
                return Err(Failure::Usage(
                    "--pid is read by --instrument process; heap needs --url, and \
                     preload the service's command"
                        .to_owned(),
                ));
            }
            if outside::began(process).is_none() {
                return Err(Failure::Usage(format!(
                    "there is no process {process}"
                )));
            }
            (None, Reader::Process(ProcessMemory(process)), Some(process))
        } else {
            let (target, reader, process) = command(arguments).await?;
            (Some(target), reader, Some(process))
        };
        let (service, group) = described(&reader, process, address);
        Ok(Self { reader, target, address, service, group })
    }

    /// Takes samples until the time is over, the user stops it, or the process is gone
    /// for good. Whether it is gone.
    async fn sample(
        mut self,
        arguments: &Measure,
        file: &mut WatchFile,
        stop: &Stop,
    ) -> Result<bool, Failure> {
        self.is_of(file)?;
        let time = arguments.watch.watch_for.unwrap_or_default();
        let every = arguments.watch.every;
        say(&self.announced(file, time, every), Keep::Nothing);
        let (began, mut ticks) = (Instant::now(), interval(every));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let line = ProgressBar::new_spinner();
        let (mut gone, mut lost, mut last) = (false, 0_u64, BTreeMap::new());
        while began.elapsed() < time {
            let values = tokio::select! {
                _ = ticks.tick() => self.values(gone).await,
                () = stop.soon.cancelled() => break,
            };
            let written = match values {
                Ok(values) => {
                    gone = false;
                    let left = time.saturating_sub(began.elapsed());
                    line.set_message(progress(&values, left));
                    line.tick();
                    let written = self.write(file, &values, &last);
                    last = values;
                    written
                }
                Err(_) if gone => continue,
                Err(error) if self.is_alive() => Err(error),
                Err(error) => {
                    gone = true;
                    self.note_end(file, &error, &last);
                    // Only at an address may it come back.
                    if self.target.is_some() || self.address.is_none() {
                        break;
                    }
                    continue;
                }
            };
            if let Err(error) = written {
                lost += 1;
                if lost == 1 {
                    say(&format!("a sample is lost: {error:#}"), Keep::Nothing);
                }
            }
        }
        line.finish_and_clear();
        if lost > 0 {
            say(&format!("lost samples: {lost}"), Keep::Nothing);
        }
        if let Some(target) = self.target {
            target.stop().await;
        }
        Ok(gone)
    }

    /// Adds a sample, after what is new about the process.
    fn write(
        &self,
        file: &mut WatchFile,
        values: &BTreeMap<String, u64>,
        last: &BTreeMap<String, u64>,
    ) -> Result<()> {
        if fell(values, last) || file.service() != Some(&self.service) {
            file.begin(self.service.clone())?;
        }
        file.sample(now(), values)
    }

    /// Says that the process is gone, and notes it.
    fn note_end(
        &mut self,
        file: &mut WatchFile,
        error: &anyhow::Error,
        last: &BTreeMap<String, u64>,
    ) {
        let why = self.why(error, last);
        say(&format!("{}: {why}", moment(now())), Keep::Lines);
        if let Err(error) = file.end(Ended { at: now(), why }) {
            say(&format!("it can't be noted: {error:#}"), Keep::Nothing);
        }
        if let (None, Some(address)) = (&self.target, self.address) {
            say(&format!("waiting for another one at {address}"), Keep::Nothing);
        }
    }

    fn is_alive(&self) -> bool {
        let process = self.service.process;
        process.is_some() && process.and_then(outside::began) == self.service.began
    }

    /// A file has one service.
    fn is_of(&self, file: &WatchFile) -> Result<(), Failure> {
        let (before, now) = (file.service(), &self.service.program);
        match before.map(|before| &before.program).filter(|before| *before != now) {
            Some(before) => Err(Failure::Usage(format!(
                "{FILE} has samples of {before}, and this is {now}; give another \
                 --output"
            ))),
            None => Ok(()),
        }
    }

    fn announced(
        &self,
        file: &WatchFile,
        time: Duration,
        every: Duration,
    ) -> String {
        let Service { program, process, instrument, .. } = &self.service;
        let process = process.map(|process| format!(" (process {process})"));
        let found = match file.found {
            0 => String::new(),
            found => format!(" with {found} samples"),
        };
        format!(
            "watching {program}{} by {instrument} every {} for {}; Ctrl-C ends it and \
             judges {FILE}{found}",
            process.unwrap_or_default(),
            humantime::format_duration(every),
            humantime::format_duration(time),
        )
    }

    /// A reading now. When the process is gone, that of the one which has its address.
    async fn values(&mut self, gone: bool) -> Result<BTreeMap<String, u64>> {
        let process = self.service.process;
        if gone && let Some(address) = self.address {
            let next = target::listener(address.port());
            if process.is_some() && next.is_none() {
                return Err(anyhow!("nothing listens at {address}"));
            }
            self.reader.follow(next).await;
            let described = described(&self.reader, next, self.address);
            (self.service, self.group) = described;
        } else if process.is_some() && !self.is_alive() {
            return Err(anyhow!("the process has ended"));
        }
        let process = self.service.process;
        Ok(match &self.reader {
            Reader::Heap(heap) => watch::values(heap.now().await?, true, process),
            Reader::Preload(heap) => watch::values(heap.now().await?, true, process),
            Reader::Process(memory) => {
                watch::values(outside::reading(memory.0)?, false, process)
            }
        })
    }

    /// Why there is no reading.
    fn why(
        &mut self,
        error: &anyhow::Error,
        last: &BTreeMap<String, u64>,
    ) -> String {
        let ended = self.target.as_mut().and_then(Target::ended);
        let why = ended.unwrap_or_else(|| match self.service.process {
            Some(process) => format!("process {process} has ended"),
            None => format!("no reading: {error:#}"),
        });
        let kills = self.group.as_ref().and_then(MemoryGroup::oom_kills);
        match kills.zip(last.get(outside::OOM_KILLS)) {
            Some((now, before)) if now > *before => format!(
                "{why}; the kernel killed {} in its control group for want of memory",
                now - before
            ),
            _ => why,
        }
    }
}

/// Starts the command of a service whose address is not known.
async fn command(arguments: &Measure) -> Result<(Target, Reader, u32), Failure> {
    let wanted = arguments.instrument;
    if wanted == InstrumentName::Heap {
        let why = "--instrument heap needs the service's address as --url";
        return Err(Failure::Usage(why.to_owned()));
    }
    let library = reader::library(wanted, &arguments.command)?;
    let has_library = library.is_some();
    let mut target = Target::spawn(arguments, library)?;
    let (process, began) = (target.process(), Instant::now());
    while has_library
        && Preloaded::attach(process).is_err()
        && began.elapsed() < LOADS_WITHIN
    {
        if let Some(ended) = target.ended() {
            return Err(anyhow!(ended).into());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok((target, reader::of_process(process, has_library, wanted)?, process))
}

fn described(
    reader: &Reader,
    process: Option<u32>,
    address: Option<SocketAddr>,
) -> (Service, Option<MemoryGroup>) {
    let process = match reader {
        Reader::Heap(heap) => heap.process(),
        _ => process,
    };
    let limits = process.map(Limits::of).unwrap_or_default();
    let address = || address.map(|address| address.to_string());
    let program = process.and_then(outside::program).or_else(address);
    let service = Service {
        program: program.unwrap_or_default(),
        process,
        began: process.and_then(outside::began),
        instrument: reader.name().to_owned(),
        open_files_limit: limits.open_files,
        memory_limit_bytes: limits.memory_bytes,
    };
    (service, process.and_then(MemoryGroup::of))
}

/// Whether a service that is not on this machine has begun again: what it has allocated
/// never gets less.
fn fell(values: &BTreeMap<String, u64>, last: &BTreeMap<String, u64>) -> bool {
    let allocated = |of: &BTreeMap<String, u64>| of.get(watch::ALLOCATED).copied();
    allocated(values).zip(allocated(last)).is_some_and(|(now, then)| now < then)
}

/// Unix time.
fn now() -> f64 {
    UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64()
}

fn progress(values: &BTreeMap<String, u64>, left: Duration) -> String {
    let shown = [watch::LIVE, watch::RESIDENT, watch::OPEN_FILES];
    let shown = shown.into_iter().filter_map(|name| {
        let value = report::figures::grouped(*values.get(name)? as f64);
        Some(format!("{value} {name}"))
    });
    let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
    format!("{}; {left} left", shown.collect::<Vec<_>>().join(", "))
}
