//! The result of `leaklab measure`, as text and as JSON.

use super::limits::{Limits, requests_until};
use super::resemblance;
use super::traffic::Traffic;
use heap::Reading;
use measure::judge::SiteGrowth;
use measure::judge::trend::Trend;
use measure::outside::{TEMPORARY_BYTES, TEMPORARY_FILES};
use measure::stages::Found;
use measure::statistics::theil_sen;
use report::figures::{bytes, grouped};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Sites that are printed for a request.
const SITES_PRINTED: usize = 3;
/// In-app lines that allocate a smaller share may be noise.
const SHARE_MIN: f64 = 0.005;
/// The metric that has a limit of its own.
const OPEN_FILES: &str = "open files";
/// A metric that rises by less is not told: one in twenty requests.
const RISES: f64 = 0.05;
/// The same for temporary files: other processes have theirs in the same folder.
const RISES_SHARED: f64 = 0.5;
/// The same for bytes, which come in pages.
const RISES_BYTES: f64 = 64.0;

/// `measure.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    /// Version of this format.
    pub(super) schema: u32,
    /// What read the memory.
    pub(super) instrument: String,
    /// In the order of the file.
    pub(super) requests: Vec<RequestResult>,
}

/// What one request does.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RequestResult {
    pub(super) name: String,
    verdict: Trend,
    /// Why there is no verdict.
    reason: Option<String>,
    /// Bytes that each request adds.
    slope_bytes_per_request: f64,
    /// 95 % confidence interval of the slope.
    ci95: [f64; 2],
    /// The smallest slope that this measurement could show.
    detection_limit_bytes_per_request: f64,
    /// Requests in each of the last rounds.
    requests_per_round: u64,
    /// Requests in all rounds.
    requests: u64,
    /// Responses in the last rounds.
    responses: u64,
    /// Those with status 400 and above.
    errors: u64,
    /// The first of them.
    first_error: Option<String>,
    /// What rises beside the memory.
    metrics: Vec<MetricRise>,
    /// Limits of the process that these will meet.
    limits: Vec<LimitAhead>,
    /// What allocates the growth: in-app lines first, then libraries, largest first.
    sites: Vec<SiteGrowth>,
    /// The lesson that it resembles.
    resembles: Option<String>,
    #[serde(flatten)]
    traffic: Traffic,
}

/// A number beside the memory that rises with the requests.
#[derive(Debug, Serialize, Deserialize)]
struct MetricRise {
    name: String,
    per_request: f64,
}

/// A limit that this request will meet.
#[derive(Debug, Serialize, Deserialize)]
struct LimitAhead {
    /// Open files, or bytes of memory.
    of: String,
    limit: u64,
    /// After so many more requests.
    requests: u64,
}

impl RequestResult {
    pub(super) fn new(
        name: String,
        found: &Found,
        traffic: Traffic,
        length: u64,
        limits: Limits,
    ) -> Self {
        let Found { trend: verdict, reason, judgement, samples, .. } = found;
        let (each, verdict) = (length as f64, *verdict);
        let leaks = verdict == Trend::Leaks;
        let grows = leaks || verdict == Trend::GrowsWith;
        let sites = judgement.sites.iter().filter(|site| grows && site.share > 0.0);
        let mut sites: Vec<_> = sites.collect();
        // What libraries allocate is kept by in-app code: a request, or a slice of a
        // buffer. So the lines that keep something come first, however little.
        let library = |site: &SiteGrowth| {
            site.in_app_frame.is_none() || site.share < SHARE_MIN
        };
        sites.sort_by_key(|site| library(site));
        let per_request = |site: &SiteGrowth| SiteGrowth {
            bytes_per_request: site.bytes_per_request * each,
            expected_site: None,
            ..site.clone()
        };
        let sites: Vec<_> = sites.into_iter().map(per_request).collect();
        let metrics = rises(&samples.readings, (found.requests / length) as f64);
        let leak = leaks.then_some(judgement.line.slope * each);
        let names: Vec<_> = metrics.iter().map(|m| m.name.as_str()).collect();
        let resemblance = resemblance::lesson(&sites, &names);
        let limits = ahead(limits, samples.readings.last(), &metrics, leak);
        Self {
            name,
            verdict,
            reason: reason.clone(),
            slope_bytes_per_request: judgement.line.slope * each,
            ci95: judgement.line.interval.map(|bound| bound * each),
            detection_limit_bytes_per_request: judgement.detection_limit * each,
            requests_per_round: found.requests / length,
            requests: found.requests_in_all / length,
            responses: samples.latency_us.len(),
            errors: samples.errors,
            first_error: samples.first_error.clone(),
            metrics,
            limits,
            resembles: resemblance.map(|lesson| lesson.id.to_owned()),
            sites,
            traffic,
        }
    }

    /// Whether memory or a metric grows with the requests.
    pub(super) fn grows(&self) -> bool {
        matches!(self.verdict, Trend::Leaks | Trend::GrowsWith)
            || !self.metrics.is_empty()
    }

    /// Whether all responses are errors that nobody expects.
    pub(super) fn is_worthless(&self) -> bool {
        self.traffic.warning.is_some()
    }
}

/// How a request grows, for a comparison.
#[derive(Debug, Default)]
pub(super) struct RequestGrowth {
    pub(super) grows: bool,
    /// Bytes that each request adds; 0 where memory doesn't grow.
    pub(super) bytes: f64,
    /// By how much they may differ between two measurements: half of the interval, or the
    /// detection limit where that is more.
    pub(super) noise: f64,
}

impl RequestResult {
    pub(super) fn growth(&self) -> RequestGrowth {
        let leaks = self.verdict == Trend::Leaks;
        let spread = (self.ci95[1] - self.ci95[0]) / 2.0;
        RequestGrowth {
            grows: self.grows(),
            bytes: if leaks { self.slope_bytes_per_request } else { 0.0 },
            noise: spread.max(self.detection_limit_bytes_per_request),
        }
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

/// For a terminal of 80 columns.
pub(super) fn text(measured: &Measured) -> String {
    let mut text = String::new();
    for RequestResult { name, traffic, .. } in &measured.requests {
        if let Some(warning) = &traffic.warning {
            let _ = writeln!(text, "! {name}: {warning}");
        }
    }
    let _ = writeln!(
        text,
        "{:<28} {:<12} {:>14} {:>14}",
        "REQUEST", "VERDICT", "PER REQUEST", "LIMIT"
    );
    for request in &measured.requests {
        let RequestResult { name, verdict, .. } = request;
        let verdict = match verdict {
            Trend::Leaks => "LEAKS",
            Trend::Flat => "FLAT",
            Trend::Plateau => "PLATEAU",
            Trend::GrowsWith => "GROWS WITH",
            Trend::Inconclusive => "INCONCLUSIVE",
        };
        let slope = bytes(request.slope_bytes_per_request);
        let limit = bytes(request.detection_limit_bytes_per_request);
        let _ = writeln!(text, "{name:<28} {verdict:<12} {slope:>14} {limit:>14}");
        if let Some(reason) = &request.reason {
            let _ = writeln!(text, "  - {reason}");
        }
        text += &request.traffic.text();
        if let Some(error) = &request.first_error {
            let (errors, sent) = (request.errors, request.responses);
            let _ = writeln!(text, "  ! {errors} of {sent} are errors: {error}");
        }
        for metric in &request.metrics {
            let _ = writeln!(
                text,
                "  + {:.2} {} with each request",
                metric.per_request, metric.name
            );
        }
        for LimitAhead { of, limit, requests } in &request.limits {
            let [limit, requests] = [limit, requests].map(|n| grouped(*n as f64));
            let _ = writeln!(
                text,
                "  > the limit of {limit} {of} is met after {requests} more"
            );
        }
        for site in request.sites.iter().take(SITES_PRINTED) {
            let share = site.share * 100.0;
            // In libraries, a function's name can be longer than the line.
            let place = site.place();
            let place = place.rsplit_once(" (").map_or(place, |(_, file)| file);
            let place = place.trim_end_matches(')');
            let _ = writeln!(text, "  {share:>3.0} % held by {place}");
        }
        if let Some(lesson) = &request.resembles {
            let _ =
                writeln!(text, "  looks like {lesson}: leaklab explain {lesson}");
        }
    }
    let _ = write!(text, "\n{}", about(measured));
    text
}

fn about(measured: &Measured) -> String {
    let instrument = match &*measured.instrument {
        "process" => {
            "Read by process: physical memory, which hides leaks below about 400 B a \n\
             request, and no call stacks. Mount the crate heap, or start the service by \n\
             this command, to see more.\n"
        }
        "preload" => {
            "Read by preload: exact bytes of malloc and free, C code included.\n"
        }
        _ => "Read by heap: exact bytes of the Rust allocator.\n",
    };
    format!(
        "{instrument}LEAKS: goes on growing. PLATEAU: grew, then stopped, like a cache \
         that is full.\nLIMIT: the smallest growth that this measurement could show.\n"
    )
}
