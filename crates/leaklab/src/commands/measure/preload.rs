//! Reads the heap of an unchanged program, through a library that was loaded into it.

use super::load::OnEach;
use anyhow::{Result, anyhow};
use attach::{Attached, Library};
use heap::Reading;
use measure::{Instrument, instrument, outside};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The variable by which the loader takes the library into this program, or why it would
/// not, in a sentence.
pub(super) fn variable(
    program: &OsString,
) -> Result<(&'static str, OsString), String> {
    let library =
        Library::find().map_err(|error| format!("{:#}", anyhow!(error)))?;
    let program = in_path(program);
    library.refused_by(&program).map_or_else(|| Ok(library.variable()), Err)
}

/// The file that the system runs for a name without a folder.
fn in_path(program: &OsString) -> PathBuf {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return path.to_owned();
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(path));
    found.into_iter().find(|file| file.is_file()).unwrap_or_else(|| path.to_owned())
}

/// A process that has the library.
#[derive(Clone)]
pub(super) struct Preloaded {
    process: u32,
    attached: Arc<Mutex<Attached>>,
}

impl Preloaded {
    /// Finds the library in a process.
    ///
    /// # Errors
    /// It is not there, or the system does not let this process read that one.
    pub(super) fn attach(process: u32) -> Result<Self> {
        let attached = Arc::new(Mutex::new(Attached::to(process)?));
        Ok(Self { process, attached })
    }

    /// Plants a leak of this size, each time that it is called.
    pub(super) fn planter(&self, bytes: u64) -> OnEach {
        let this = self.clone();
        Arc::new(move || {
            // The next reading reports a process that has ended.
            let _ = this.with(|attached| attached.plant(bytes));
        })
    }

    /// A full reading now, at rest or not.
    pub(super) async fn now(&self) -> Result<Reading> {
        let counts = self.counters().await?;
        let beside = outside::reading(self.process)?;
        Ok(Reading {
            resident_bytes: beside.resident_bytes,
            open_files: beside.open_files,
            sockets: beside.sockets,
            gauges: beside.gauges,
            ..counts
        })
    }

    fn with<T, E: std::error::Error + Send + Sync + 'static>(
        &self,
        take: impl FnOnce(&mut Attached) -> Result<T, E>,
    ) -> Result<T> {
        let mut attached =
            self.attached.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(take(&mut attached)?)
    }
}

impl Instrument for Preloaded {
    async fn at_rest(&self) -> Result<Reading> {
        self.counters_at_rest().await?;
        self.now().await
    }

    async fn counters(&self) -> Result<Reading> {
        let counts = self.with(|attached| attached.counts())?;
        Ok(Reading {
            live_bytes: counts.live_bytes,
            live_blocks: counts.live_blocks,
            total_bytes: counts.allocated_bytes,
            total_blocks: counts.allocated_blocks,
            ..Reading::default()
        })
    }

    async fn peak<T>(
        &self,
        load: impl Future<Output = Result<T>>,
        alone: bool,
    ) -> Result<(T, u64)> {
        // A window has the exact peak, and makes the service slower. A single request may
        // take longer; a load at a rate must not be more than the service can serve.
        if !alone {
            return instrument::peak_of_readings(self, load).await;
        }
        let before = self.counters().await?.live_bytes;
        self.open_window().await?;
        let served = load.await;
        let peak = self.with(Attached::close_for_peak)?;
        Ok((served?, before + peak))
    }

    async fn open_window(&self) -> Result<()> {
        self.with(Attached::open_window)
    }

    async fn close_window(&self) -> Result<Vec<u8>> {
        self.with(Attached::close_window)
    }
}
