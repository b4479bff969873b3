//! Compares a result with an earlier one, request by request.

use super::result::{Measured, RequestResult};
use crate::failure::Failure;
use serde::Serialize;
use std::fs;
use std::path::Path;

/// The version of `measure.json` that this program reads and writes.
pub(super) const SCHEMA: u32 = 1;

/// What changed for a request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    /// It grew, and doesn't any more.
    Gone,
    /// It grows as before.
    Same,
    /// It grows, and did not: by so many bytes, or by this metric.
    New,
    /// It grows by more than before.
    Grown,
    /// It grows by less than before.
    Shrunk,
}

/// A request that grows, or did.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    name: String,
    change: Change,
    /// Bytes that each request added then.
    before: f64,
    /// Bytes that each request adds now.
    now: f64,
}

/// Reads an earlier result.
pub(super) fn read(path: &Path) -> Result<Measured, Failure> {
    let wrong = |why: String| {
        let path = path.display();
        Failure::Usage(format!("--baseline {path}: {why}"))
    };
    let text = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let measured: Measured = serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("it is no measure.json ({error})")))?;
    match measured.schema {
        SCHEMA => Ok(measured),
        other => Err(wrong(format!("it has schema {other}, expected {SCHEMA}"))),
    }
}

/// What changed. A request that only one of the results has, and that grows, is new or
/// gone.
pub(super) fn changes(before: &Measured, now: &Measured) -> Vec<Changed> {
    let of = |measured: &Measured, name: &str| {
        let mut all = measured.requests.iter();
        all.find(|request| request.name == name).map(RequestResult::growth)
    };
    let mut names: Vec<_> =
        now.requests.iter().map(|request| &request.name).collect();
    names.extend(before.requests.iter().map(|request| &request.name));
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter_map(|name| {
        let (old, new) = (of(before, name).unwrap_or_default(), of(now, name)?);
        let noise = old.noise + new.noise;
        let change = match (old.grows, new.grows) {
            (false, false) => return None,
            (true, false) => Change::Gone,
            (false, true) => Change::New,
            (true, true) if new.bytes > old.bytes + noise => Change::Grown,
            (true, true) if new.bytes < old.bytes - noise => Change::Shrunk,
            (true, true) => Change::Same,
        };
        let name = name.clone();
        Some(Changed { name, change, before: old.bytes, now: new.bytes })
    });
    changed.collect()
}

impl Changed {
    /// Whether it is worse than before.
    pub(super) fn is_regression(&self) -> bool {
        matches!(self.change, Change::New | Change::Grown)
    }

    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let what = match self.change {
            Change::Gone => "grows no more",
            Change::Same => "grows as before",
            Change::New => "! grows, and did not",
            Change::Grown => "! grows by more than before",
            Change::Shrunk => "grows by less than before",
        };
        let [before, now] = [self.before, self.now].map(report::figures::bytes);
        format!("{:<28} {what}: {before} before, {now} now\n", self.name)
    }
}
