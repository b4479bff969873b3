//! The file of a watch: a line per sample, and lines about the service between them.
//!
//! When the file is full, every second sample is dropped, and from then on only every
//! second one is written. So it always covers the whole time, as evenly as before. Every
//! line is written at once and whole; one that a crash has cut off is ignored.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
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

/// A line that is no sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// One of this number of samples is kept.
    Keep(u64),
    /// A process that is watched from here on.
    Service(Service),
    /// What the numbers of the next samples are.
    Columns(Vec<String>),
    /// The process is gone.
    Ended(Ended),
}

/// A line of the file.
#[derive(Debug, PartialEq)]
pub enum Line<'a> {
    /// About the service.
    Event(Event),
    /// A sample.
    Sample {
        /// Unix time, in seconds.
        at: f64,
        /// What the values are.
        columns: &'a [String],
        /// As many as columns.
        values: &'a [Option<u64>],
    },
}

/// Reads a file line by line, in memory that does not depend on its size; the bytes of
/// its whole lines.
///
/// # Errors
/// It can't be read, or is no file of a watch.
pub fn read(path: &Path, mut each: impl FnMut(Line<'_>)) -> Result<u64> {
    let name = || format!("cannot read {}", path.display());
    let mut from = BufReader::new(File::open(path).with_context(name)?);
    let (mut line, mut columns, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0;
    loop {
        line.clear();
        from.read_until(b'\n', &mut line).with_context(name)?;
        let text = line.strip_suffix(b"\n").and_then(|l| str::from_utf8(l).ok());
        let event = text.and_then(event);
        if bytes == 0 && !matches!(event, Some(Event::Keep(_))) {
            bail!("{} is no file of a watch", path.display());
        }
        // What doesn't end was cut off by a crash.
        if !line.ends_with(b"\n") {
            return Ok(bytes);
        }
        bytes += line.len() as u64;
        if let Some(event) = event {
            if let Event::Columns(names) = &event {
                columns.clone_from(names);
            }
            each(Line::Event(event));
        } else if let Some(at) = text.and_then(|text| sample(text, &mut values)) {
            values.resize(columns.len(), None);
            each(Line::Sample { at, columns: &columns, values: &values });
        }
    }
}

fn event(line: &str) -> Option<Event> {
    serde_json::from_str(line.strip_prefix('#')?).ok()
}

/// Time and numbers of a line like `1764288944.250,12,,34`.
fn sample(line: &str, values: &mut Vec<Option<u64>>) -> Option<f64> {
    let mut fields = line.split(',');
    let at = fields.next()?.parse().ok()?;
    values.clear();
    for field in fields {
        values.push(if field.is_empty() { None } else { Some(field.parse().ok()?) });
    }
    Some(at)
}

fn line_of(event: &Event) -> Result<String> {
    Ok(format!("#{}\n", serde_json::to_string(event)?))
}

fn line_of_sample(
    line: &mut String,
    at: f64,
    values: impl Iterator<Item = Option<u64>>,
) {
    let _ = write!(line, "{at:.3}");
    for value in values {
        let _ = match value {
            Some(value) => write!(line, ",{value}"),
            None => write!(line, ","),
        };
    }
    line.push('\n');
}

/// A file to which samples are added.
#[derive(Debug)]
pub struct WatchFile {
    path: PathBuf,
    file: File,
    /// Of whole lines.
    pub(super) bytes: u64,
    columns: Vec<String>,
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
            columns: Vec::new(),
            keep: 1,
            taken: 0,
            service: None,
            found: 0,
        };
        if watch.bytes == 0 {
            watch.add(&line_of(&Event::Keep(1))?)?;
            return Ok(watch);
        }
        watch.bytes = read(path, |line| match line {
            Line::Event(Event::Keep(keep)) => watch.keep = keep.max(1),
            Line::Event(Event::Service(service)) => watch.service = Some(service),
            Line::Event(Event::Columns(columns)) => watch.columns = columns,
            Line::Event(Event::Ended(_)) => {}
            Line::Sample { .. } => watch.found += 1,
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
    ///
    /// # Errors
    /// It can't be written.
    pub fn begin(&mut self, service: Service) -> Result<()> {
        self.add(&line_of(&Event::Service(service.clone()))?)?;
        self.service = Some(service);
        self.columns.clear();
        Ok(())
    }

    /// The process is gone.
    ///
    /// # Errors
    /// It can't be written.
    pub fn end(&mut self, ended: Ended) -> Result<()> {
        self.add(&line_of(&Event::Ended(ended))?)
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
        let new = values.keys().filter(|name| !self.columns.contains(name)).cloned();
        let new: Vec<_> = new.collect();
        if !new.is_empty() {
            let columns = [&self.columns[..], &new].concat();
            self.add(&line_of(&Event::Columns(columns.clone()))?)?;
            self.columns = columns;
        }
        let mut line = String::new();
        let values = self.columns.iter().map(|name| values.get(name).copied());
        line_of_sample(&mut line, at, values);
        self.add(&line)
    }

    /// Writes whole lines, or nothing.
    fn add(&mut self, lines: &str) -> Result<()> {
        let added = self.file.write_all(lines.as_bytes());
        match added {
            Ok(()) => self.bytes += lines.len() as u64,
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
    let mut written = out.write_all(line_of(&Event::Keep(keep))?.as_bytes());
    // A process without a sample is dropped, too, however often it begins.
    let (mut pending, mut unsampled, mut samples) = (String::new(), None, 0_u64);
    read(from, |line| match line {
        Line::Event(Event::Keep(_)) => {}
        Line::Event(event) => {
            if matches!(event, Event::Service(_)) {
                pending.truncate(unsampled.unwrap_or(pending.len()));
                unsampled = Some(pending.len());
            }
            pending += &line_of(&event).unwrap_or_default();
        }
        Line::Sample { at, values, .. } => {
            samples += 1;
            if samples.is_multiple_of(2) && written.is_ok() {
                line_of_sample(&mut pending, at, values.iter().copied());
                written = out.write_all(pending.as_bytes());
                pending.clear();
                unsampled = None;
            }
        }
    })?;
    written?;
    out.write_all(pending.as_bytes())?;
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
