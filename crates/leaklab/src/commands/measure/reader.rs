//! Chooses what reads the memory of the service, and starts the service for it.

use super::load::OnEach;
use super::preload::{self, Preloaded};
use super::target::{self, Target, Variable};
use crate::cli::{InstrumentName, Measure};
use crate::failure::Failure;
use crate::output::{Keep, say};
use anyhow::Context;
use measure::{HeapClient, Instrument, ProcessMemory};
use std::ffi::OsString;
use std::net::SocketAddr;
use workload::Origin;

/// What reads the memory of the service.
pub(super) enum Reader {
    Heap(HeapClient),
    Preload(Preloaded),
    Process(ProcessMemory),
}

impl Reader {
    /// As `--instrument` names it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Heap(_) => "heap",
            Self::Preload(_) => "preload",
            Self::Process(_) => "process",
        }
    }

    /// Whether it counts blocks, which are freed or not.
    pub(super) fn is_exact(&self) -> bool {
        !matches!(self, Self::Process(_))
    }

    /// Reads another process from now on, at the same address.
    pub(super) async fn follow(&mut self, process: Option<u32>) {
        match (self, process) {
            (Self::Heap(heap), process) => *heap = heap.beside(process).await,
            (Self::Process(memory), Some(process)) => {
                *memory = ProcessMemory(process);
            }
            _ => {}
        }
    }

    /// From now on each request leaks this many more bytes: by itself, or by what is called
    /// for each that is sent. With 0 that ends.
    pub(super) async fn plant(&self, bytes: u64) -> Result<Option<OnEach>, Failure> {
        match self {
            Self::Heap(heap) => Ok(heap.plant(bytes).await.map(|()| None)?),
            Self::Preload(preload) => Ok(Some(preload.planter(bytes))),
            Self::Process(_) => Err(Failure::Usage(
                "--plant cannot leak in a process from outside: give the service's \
                 command after --, or mount the crate heap"
                    .to_owned(),
            )),
        }
    }
}

/// Starts the service if there is a command, and finds what reads its memory.
pub(super) async fn start(
    arguments: &Measure,
    address: SocketAddr,
) -> Result<(Option<Target>, Reader), Failure> {
    use InstrumentName::{Auto, Heap};
    let (wanted, command) = (arguments.instrument, &arguments.command);
    let library = library(wanted, command)?;
    let mut target = Target::start(arguments, library.clone(), address).await?;
    let heap = HeapClient::new(Origin(address));
    if matches!(wanted, Auto | Heap) && heap.counters().await.is_ok() {
        if library.is_some() {
            // It is measured without a second counter in it.
            if let Some(target) = target.take() {
                target.stop().await;
            }
            target = Target::start(arguments, None, address).await?;
        }
        let heap = heap.beside(process(arguments, address)).await;
        return Ok((target, Reader::Heap(heap)));
    }
    if wanted == Heap {
        return Err(Failure::Usage(format!(
            "the service at {address} does not answer GET /__heap; mount the crate \
             heap, or use another --instrument"
        )));
    }
    let process = process(arguments, address).with_context(|| {
        format!(
            "no process of this machine listens at {address}, or its files are not \
             readable; give its --pid"
        )
    })?;
    Ok((target, of_process(process, library.is_some(), wanted)?))
}

/// What reads a process: the library, if it was loaded for that.
pub(super) fn of_process(
    process: u32,
    has_library: bool,
    wanted: InstrumentName,
) -> Result<Reader, Failure> {
    if has_library {
        match Preloaded::attach(process) {
            Ok(preloaded) => return Ok(Reader::Preload(preloaded)),
            Err(error) if wanted == InstrumentName::Preload => {
                return Err(error.into());
            }
            Err(error) => no_preload(&format!("{error:#}")),
        }
    }
    Ok(Reader::Process(ProcessMemory(process)))
}

/// The process of the service, if it runs on this machine.
pub(super) fn process(arguments: &Measure, address: SocketAddr) -> Option<u32> {
    arguments.pid.or_else(|| target::listener(address.port()))
}

/// The library, where it is wanted and the program loads it.
pub(super) fn library(
    wanted: InstrumentName,
    command: &[OsString],
) -> Result<Option<Variable>, Failure> {
    let must = wanted == InstrumentName::Preload;
    let Some(program) = command.first() else {
        return match must {
            false => Ok(None),
            true => Err(Failure::Usage(
                "--instrument preload needs the command of the service after --: a \
                 process that runs already cannot load it"
                    .to_owned(),
            )),
        };
    };
    if !must && wanted != InstrumentName::Auto {
        return Ok(None);
    }
    match preload::variable(program) {
        Ok(variable) => Ok(Some(variable)),
        Err(why) if must => Err(Failure::Usage(why)),
        Err(why) => {
            no_preload(&why);
            Ok(None)
        }
    }
}

fn no_preload(why: &str) {
    say(&format!("note: no preload: {why}"), Keep::Nothing);
}
