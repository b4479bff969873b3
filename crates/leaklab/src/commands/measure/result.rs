//! The result of a request, from what was measured.

use super::limits::{Limits, requests_until};
use super::resemblance;
use heap::Reading;
use measure::judge::in_app_first;
use measure::judge::trend::Trend;
use measure::outside::{TEMPORARY_BYTES, TEMPORARY_FILES};
use measure::stages::Found;
use measure::statistics::theil_sen;
use report::measured::{LimitAhead, MetricRise, RequestResult, SiteGrowth, Traffic};
use std::collections::BTreeSet;

/// The metric that has a limit of its own.
const OPEN_FILES: &str = "open files";
/// A metric that rises by less is not told: one in twenty requests.
const RISES: f64 = 0.05;
/// The same for temporary files: other processes have theirs in the same folder.
const RISES_SHARED: f64 = 0.5;
/// The same for bytes, which come in pages.
const RISES_BYTES: f64 = 64.0;

/// What was found of a request, for which `length` HTTP requests are sent.
pub(super) fn of(
    name: &str,
    found: &Found,
    traffic: Traffic,
    length: u64,
    limits: Limits,
) -> RequestResult {
    let Found { trend: verdict, reason, judgement, samples, .. } = found;
    let (each, verdict) = (length as f64, *verdict);
    let leaks = verdict == Trend::Leaks;
    let grows = leaks || verdict == Trend::GrowsWith;
    let sites = judgement.sites.iter().filter(|site| grows && site.share > 0.0);
    let per_request = |site: &SiteGrowth| SiteGrowth {
        bytes_per_request: site.bytes_per_request * each,
        expected_site: None,
        ..site.clone()
    };
    let mut sites: Vec<_> = sites.map(per_request).collect();
    in_app_first(&mut sites);
    let metrics = rises(&samples.readings, (found.requests / length) as f64);
    let leak = leaks.then_some(judgement.line.slope * each);
    let names: Vec<_> = metrics.iter().map(|m| m.name.as_str()).collect();
    let resemblance = resemblance::lesson(&sites, &names);
    let limits = ahead(limits, samples.readings.last(), &metrics, leak);
    let readings = samples.readings.iter();
    RequestResult {
        name: name.to_owned(),
        verdict,
        reason: reason.clone(),
        failure: None,
        slope_bytes_per_request: judgement.line.slope * each,
        ci95: judgement.line.interval.map(|bound| bound * each),
        detection_limit_bytes_per_request: judgement.detection_limit * each,
        requests_per_round: found.requests / length,
        live_bytes: readings.map(|reading| reading.live_bytes).collect(),
        requests: found.requests_in_all / length,
        responses: samples.latency_us.len(),
        errors: samples.errors,
        first_error: samples.first_error.clone(),
        metrics,
        limits,
        accepted: None,
        change: None,
        planted: None,
        resembles: resemblance.map(|lesson| lesson.id.to_owned()),
        sites,
        traffic,
    }
}

/// Files, sockets, threads and gauges that rise from round to round.
fn rises(readings: &[Reading], requests: f64) -> Vec<MetricRise> {
    let mut rises = Vec::new();
    let mut rise = |name: &str, value: &dyn Fn(&Reading) -> Option<u64>| {
        let values: Option<Vec<u64>> = readings.iter().map(value).collect();
        let points = values
            .into_iter()
            .flatten()
            .zip(1..)
            .map(|(value, round)| (f64::from(round) * requests, value as f64));
        let line = theil_sen(&points.collect::<Vec<_>>());
        let least = match name {
            TEMPORARY_FILES => RISES_SHARED,
            _ if name.ends_with(" bytes") => RISES_BYTES,
            _ => RISES,
        };
        let line = line.filter(|line| line.slope >= least && line.interval[0] > 0.0);
        if let Some(line) = line {
            rises
                .push(MetricRise { name: name.to_owned(), per_request: line.slope });
        }
    };
    rise(OPEN_FILES, &|reading| reading.open_files);
    rise("requests in flight", &|reading| Some(reading.in_flight));
    rise("background tasks", &|reading| Some(reading.tasks));
    let states =
        readings.iter().flat_map(|reading| reading.sockets.iter().flatten());
    for state in states.map(|(state, _)| state).collect::<BTreeSet<_>>() {
        rise(&format!("sockets in {state}"), &|reading| {
            let sockets = reading.sockets.as_ref()?;
            Some(sockets.get(state).copied().unwrap_or(0))
        });
    }
    let gauges: BTreeSet<_> =
        readings.iter().flat_map(|reading| reading.gauges.keys()).collect();
    // It counts calls, and rises by design.
    for name in
        gauges.into_iter().filter(|name| *name != heap::gauges::DATABASE_CALLS)
    {
        rise(name, &|reading| reading.gauges.get(name).copied());
    }
    // Without more files it is a log that is written there.
    if !rises.iter().any(|rise| rise.name == TEMPORARY_FILES) {
        rises.retain(|rise| rise.name != TEMPORARY_BYTES);
    }
    let c_heap = measure::judge::c_heap(readings, requests);
    let metric =
        |per_request| MetricRise { name: "C heap bytes".into(), per_request };
    rises.extend(c_heap.map(metric));
    rises
}

/// The limits that the process will meet if the request goes on.
fn ahead(
    limits: Limits,
    last: Option<&Reading>,
    metrics: &[MetricRise],
    leak: Option<f64>,
) -> Vec<LimitAhead> {
    let Some(last) = last else { return Vec::new() };
    let files = metrics.iter().find(|metric| metric.name == OPEN_FILES);
    let files = files.map(|metric| metric.per_request);
    let rising = [
        (OPEN_FILES, limits.open_files, last.open_files, files),
        ("bytes of memory", limits.memory_bytes, last.resident_bytes, leak),
    ];
    let met = rising.into_iter().filter_map(|(of, limit, now, per_request)| {
        let limit = limit?;
        let requests = requests_until(limit, now?, per_request?);
        Some(LimitAhead { of: of.to_owned(), limit, requests })
    });
    met.collect()
}
