//! Numbers beside the heap: how much of each a request leaves behind.

use crate::measure::{Protocol, Recording};
use crate::statistics::theil_sen;
use heap::Reading;
use heap::gauges::DATABASE_CALLS;
use model::Sign;
use report::comparison::SignResult;
use std::collections::{BTreeMap, BTreeSet};

/// The signs that the registry names for a lesson, as measured. One that this system
/// cannot tell is left out.
pub(super) fn signs(protocol: &Protocol, recording: &Recording) -> Vec<SignResult> {
    let measured = |sign: &Sign| {
        let values = values(*sign, &recording.readings)?;
        let per_request = per_request(protocol, &values)?;
        Some(SignResult { name: name(*sign), per_request })
    };
    protocol.lesson.signs.iter().filter_map(measured).collect()
}

/// As people know it.
fn name(sign: Sign) -> String {
    match sign {
        Sign::OpenFiles => "open files".to_owned(),
        Sign::Sockets(state) => format!("sockets in {state}"),
        Sign::Tasks => "tasks".to_owned(),
        Sign::InFlight => "requests in flight".to_owned(),
        Sign::Gauge(name) => name.to_owned(),
    }
}

/// Its value after each round; `None` where the system does not tell.
fn values(sign: Sign, readings: &[Reading]) -> Option<Vec<u64>> {
    let value = |reading: &Reading| match sign {
        Sign::OpenFiles => reading.open_files,
        Sign::Sockets(state) => {
            let sockets = reading.sockets.as_ref()?;
            Some(sockets.get(state).copied().unwrap_or(0))
        }
        Sign::Tasks => Some(reading.tasks),
        Sign::InFlight => Some(reading.in_flight),
        // A gauge that nobody has made stands at nothing.
        Sign::Gauge(name) => Some(reading.gauges.get(name).copied().unwrap_or(0)),
    };
    readings.iter().map(value).collect()
}

/// Its robust slope over the requests of the rounds.
fn per_request(protocol: &Protocol, values: &[u64]) -> Option<f64> {
    let requests = protocol.requests as f64;
    let points: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(n, &value)| ((n + 1) as f64 * requests, value as f64))
        .collect();
    theil_sen(&points).map(|line| line.slope)
}

/// Calls to the database that a request made, attempts that are retries included;
/// `None` where the service does not count them.
pub(super) fn database_calls(
    protocol: &Protocol,
    recording: &Recording,
) -> Option<f64> {
    let counted = recording
        .readings
        .iter()
        .all(|reading| reading.gauges.contains_key(DATABASE_CALLS));
    let values = values(Sign::Gauge(DATABASE_CALLS), &recording.readings)?;
    counted.then(|| per_request(protocol, &values)).flatten()
}

/// Every named gauge after each round.
pub(super) fn gauges(recording: &Recording) -> BTreeMap<String, Vec<u64>> {
    let readings = &recording.readings;
    let names: BTreeSet<_> = readings.iter().flat_map(|r| r.gauges.keys()).collect();
    let of = |name: &String| {
        let value = |r: &Reading| r.gauges.get(name).copied().unwrap_or(0);
        (name.clone(), readings.iter().map(value).collect())
    };
    names.into_iter().map(of).collect()
}
