//! The file of a watch: a JSON value on each line, most of them samples.
//!
//! When the file is full, every second sample is dropped, and from then on only every
//! second one is written. So it always covers the whole time, as evenly as before. Every
//! line is written at once and whole; one that a crash has cut off is ignored.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file of this size is full. With the copy that dropping makes, half as large, it
/// stays below 10 MB.
const FULL_BYTES: u64 = 6_600_000;

/// The process that is watched from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The name of its program.
    pub program: String,
    /// Its number, if it runs on this machine.
    pub process: Option<u32>,
    /// When it began, in ticks since the system did.
    pub began: Option<u64>,
    /// What reads its memory.
    pub instrument: String,
    /// `ulimit -n`.
    pub open_files_limit: Option<u64>,
    /// Memory of its control group.
    pub memory_limit_bytes: Option<u64>,
}

/// The process is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Unix time, in seconds.
    pub at: f64,
    /// How, if it is known.
    pub why: String,
}

/// What was read at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Unix time, in seconds.
    pub at: f64,
    /// By name.
    pub values: BTreeMap<String, u64>,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// One of this number of samples is kept.
    Keep(u64),
    /// A process that is watched from here on.
    Service(Service),
    /// What was read of it.
    Sample(Sample),
    /// The process is gone.
    Ended(Ended),
}

/// Reads a file line by line, in memory that does not depend on its size; the bytes of
/// its whole lines.
///
/// # Errors
/// It can't be read, or is no file of a watch.
pub fn read(path: &Path, mut each: impl FnMut(Line)) -> Result<u64> {
    let name = || format!("cannot read {}", path.display());
    let mut from = BufReader::new(File::open(path).with_context(name)?);
    let (mut text, mut bytes) = (Vec::new(), 0);
    loop {
        text.clear();
        from.read_until(b'\n', &mut text).with_context(name)?;
        let line: Option<Line> = serde_json::from_slice(&text).ok();
        if bytes == 0 && !matches!(line, Some(Line::Keep(_))) {
            bail!("{} is no file of a watch", path.display());
        }
        // What doesn't end was cut off by a crash.
        if !text.ends_with(b"\n") {
            return Ok(bytes);
        }
        bytes += text.len() as u64;
        line.into_iter().for_each(&mut each);
    }
}

/// A file to which samples are added.
#[derive(Debug)]
pub struct WatchFile {
    path: PathBuf,
    file: File,
    /// Of whole lines.
    pub(super) bytes: u64,
    /// One of this number of samples is kept.
    pub(super) keep: u64,
    taken: u64,
    service: Option<Service>,
    /// Samples in it when it was opened.
    pub found: u64,
}

impl WatchFile {
    /// Makes a file, or goes on with one.
    ///
    /// # Errors
    /// It can't be written, has something else in it, or another process writes it.
    pub fn open(path: &Path) -> Result<Self> {
        let file = locked(path)?;
        let mut watch = Self {
            path: path.to_owned(),
            bytes: file.metadata()?.len(),
            file,
            keep: 1,
            taken: 0,
            service: None,
            found: 0,
        };
        if watch.bytes == 0 {
            watch.add(&Line::Keep(1))?;
            return Ok(watch);
        }
        watch.bytes = read(path, |line| match line {
            Line::Keep(keep) => watch.keep = keep.max(1),
            Line::Service(service) => watch.service = Some(service),
            Line::Ended(_) => {}
            Line::Sample(_) => watch.found += 1,
        })?;
        // A line that was cut off would swallow the next one.
        watch.file.set_len(watch.bytes)?;
        Ok(watch)
    }

    /// The last process in it.
    pub fn service(&self) -> Option<&Service> {
        self.service.as_ref()
    }

    /// The samples from here on are of this process.
    pub fn begin(&mut self, service: Service) -> Result<()> {
        self.add(&Line::Service(service.clone()))?;
        self.service = Some(service);
        Ok(())
    }

    /// The process is gone.
    pub fn end(&mut self, ended: Ended) -> Result<()> {
        self.add(&Line::Ended(ended))
    }

    /// Adds a sample, unless it is one that is dropped.
    ///
    /// # Errors
    /// It can't be written, as on a full disk. The file stays whole, and the next sample
    /// may succeed.
    pub fn sample(&mut self, at: f64, values: &BTreeMap<String, u64>) -> Result<()> {
        self.taken += 1;
        if !self.taken.is_multiple_of(self.keep) {
            return Ok(());
        }
        if self.bytes >= FULL_BYTES {
            self.thin()?;
        }
        self.add(&Line::Sample(Sample { at, values: values.clone() }))
    }

    /// Writes a whole line, or nothing.
    fn add(&mut self, line: &Line) -> Result<()> {
        let line = serde_json::to_string(line)? + "\n";
        let added = self.file.write_all(line.as_bytes());
        match added {
            Ok(()) => self.bytes += line.len() as u64,
            Err(_) => self.file.set_len(self.bytes)?,
        }
        added.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Drops every second sample.
    fn thin(&mut self) -> Result<()> {
        let thinned = self.path.with_extension("thinned");
        let written = write_thinned(&self.path, &thinned, self.keep * 2);
        if written.is_err() {
            let _ = fs::remove_file(&thinned);
        }
        written?;
        fs::rename(&thinned, &self.path)?;
        self.file = locked(&self.path)?;
        self.bytes = self.file.metadata()?.len();
        self.keep *= 2;
        Ok(())
    }
}

fn write_thinned(from: &Path, to: &Path, keep: u64) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    let (mut pending, mut samples) = (vec![Line::Keep(keep)], 0_u64);
    let mut write = |pending: &mut Vec<Line>| {
        pending.drain(..).try_for_each(|line| {
            serde_json::to_writer(&mut out, &line)?;
            out.write_all(b"\n")
        })
    };
    let mut written = Ok(());
    read(from, |line| {
        samples += u64::from(matches!(line, Line::Sample(_)));
        match line {
            Line::Keep(_) => {}
            Line::Sample(_) if !samples.is_multiple_of(2) || written.is_err() => {}
            Line::Sample(_) => {
                pending.push(line);
                written = write(&mut pending);
            }
            line => {
                // A process without a sample is dropped, too, however often it begins.
                let is_service = |line: &Line| matches!(line, Line::Service(_));
                let unsampled = pending.iter().position(is_service);
                if let (true, Some(at)) = (is_service(&line), unsampled) {
                    pending.truncate(at);
                }
                pending.push(line);
            }
        }
    })?;
    written?;
    write(&mut pending)?;
    Ok(out.into_inner()?.sync_all()?)
}

/// Opens a file to add to it, as its only writer.
fn locked(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    let name = path.display();
    let file = file.with_context(|| format!("cannot write {name}"))?;
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        bail!(
            "{name} is written by another leaklab; stop it, or give another --output"
        );
    }
    // Some network file systems have no locks.
    Ok(file)
}
