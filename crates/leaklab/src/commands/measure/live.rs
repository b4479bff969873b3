//! A service of the user's own on the live page.

use super::load::FileLoad;
use super::reader::{self, Reader};
use super::source;
use super::target::Target;
use crate::cli::Measure;
use crate::failure::Failure;
use crate::run::line;
use ::live::ticks::{Line, State};
use anyhow::{Context, Result, anyhow};
use futures_util::FutureExt;
use futures_util::future::{self, LocalBoxFuture};
use heap::Reading;
use measure::{Instrument, Load, outside};
use report::page::Sources;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use workload::{Origin, Requests};

/// A service and its requests, as `leaklab measure` takes them.
pub(crate) struct OwnService<'a> {
    arguments: &'a Measure,
    address: SocketAddr,
    load: FileLoad,
}

impl<'a> OwnService<'a> {
    /// Reads the requests.
    pub(crate) async fn read(arguments: &'a Measure) -> Result<Self, Failure> {
        let read = source::read(arguments).await?;
        let (file, address) = read.context("there are no requests")?;
        fs::create_dir_all(&arguments.out)
            .context("cannot make the log's folder")?;
        let load = FileLoad::mix(&Arc::new(file));
        Ok(Self { arguments, address, load })
    }

    /// All requests in turn.
    pub(crate) fn requests(&self) -> Requests {
        self.load.requests(0, 0)
    }
}

impl ::live::Service for OwnService<'_> {
    type Running = RunningService;

    async fn start(&self) -> Result<RunningService> {
        let started = reader::start(self.arguments, self.address).await;
        let (target, reader) = started.map_err(|failure| anyhow!("{failure}"))?;
        let target = target.context("give the service's command after --")?;
        let process = reader::process(self.arguments, self.address);
        Ok(RunningService { target, reader, address: self.address, process })
    }
}

/// The service while it runs.
pub(crate) struct RunningService {
    target: Target,
    reader: Reader,
    address: SocketAddr,
    process: Option<u32>,
}

impl ::live::Running for RunningService {
    fn origin(&self) -> Origin {
        Origin(self.address)
    }

    fn resident(&self) -> Option<u64> {
        outside::resident_bytes(self.process?).ok()
    }

    async fn read(&self, full: bool) -> Result<Reading> {
        let outside = self.process.filter(|_| full);
        let outside = outside.and_then(|process| outside::reading(process).ok());
        let heap = match &self.reader {
            Reader::Heap(heap) => heap.counters().await?,
            Reader::Preload(heap) => heap.counters().await?,
            // Physical memory only, which is read as such.
            Reader::Process(_) => Reading::default(),
        };
        Ok(Reading { open_files: outside.and_then(|read| read.open_files), ..heap })
    }

    fn line(&self, open: Duration) -> LocalBoxFuture<'static, Result<Line>> {
        // Where the service was started is where its sources usually are.
        let source = |path: &str| Sources::new(Path::new(".")).ok()?.read(path).ok();
        match &self.reader {
            Reader::Heap(heap) => line::find(*heap, open, source).boxed_local(),
            Reader::Preload(heap) => {
                line::find(heap.clone(), open, source).boxed_local()
            }
            Reader::Process(_) => future::err(anyhow!(
                "nothing in the service records call stacks; mount the crate heap"
            ))
            .boxed_local(),
        }
    }

    fn log(&self) -> Vec<String> {
        self.target.log()
    }

    fn ended(&mut self) -> Option<(State, String)> {
        Some((State::Ended, self.target.ended()?))
    }

    async fn kill(&mut self) {
        self.target.kill().await;
    }

    async fn stop(self) {
        self.target.stop().await;
    }
}
