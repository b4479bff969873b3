//! The result of a request, from what was measured.

use super::resemblance;
use heap::Reading;
use measure::judge::trend::Trend;
use measure::judge::{OUTSIDE, in_app_first};
use measure::outside::Limits;
use measure::stages::Found;
use measure::watch::OPEN_FILES;
use report::measured::{
    LimitAhead, MetricSlope, RequestResult, SiteGrowth, Traffic,
};
use workload::Directives;

/// How the requests were sent.
pub(super) struct Sent<'a> {
    /// HTTP requests for each request that is measured.
    pub(super) length: u64,
    pub(super) how: Option<&'a Directives>,
    /// Requests in each second, when the service is in use.
    pub(super) rate: Option<f64>,
}

/// What was found of a request.
pub(super) fn of(
    name: &str,
    found: &Found,
    traffic: Traffic,
    sent: &Sent<'_>,
    limits: Limits,
) -> RequestResult {
    let Found { trend, reason, judgement, samples, .. } = found;
    let (length, trend) = (sent.length, *trend);
    let each = length as f64;
    let leaks = trend == Trend::Leaks;
    let grows = leaks || trend == Trend::GrowsWith;
    let sites = judgement.sites.iter().filter(|site| grows && site.share > 0.0);
    let per_request = |site: &SiteGrowth| SiteGrowth {
        bytes_per_request: site.bytes_per_request * each,
        expected_site: None,
        ..site.clone()
    };
    let mut sites: Vec<_> = sites.map(per_request).collect();
    in_app_first(&mut sites);
    let metrics = found.metrics.iter().map(|metric| MetricSlope {
        per_request: metric.per_request * each,
        ..metric.clone()
    });
    let metrics: Vec<_> = metrics.collect();
    let leak = leaks.then_some(judgement.line.slope * each);
    let names: Vec<_> = metrics.iter().map(|m| m.name.as_str()).collect();
    let resemblance = resemblance::lesson(&sites, &names);
    let limits = ahead(limits, samples.readings.last(), &metrics, leak, sent.rate);
    let (errors, first_error) = errors(found, sent.how);
    let readings = samples.readings.iter();
    RequestResult {
        name: name.to_owned(),
        verdict: if found.leaks_beside() { Trend::Leaks } else { trend },
        heap_verdict: Some(trend),
        reason: reason.clone(),
        failure: None,
        slope_bytes_per_request: judgement.line.slope * each,
        ci95: judgement.line.interval.map(|bound| bound * each),
        detection_limit_bytes_per_request: judgement.detection_limit * each,
        requests_per_round: found.requests / length,
        live_bytes: readings.map(|reading| reading.live_bytes).collect(),
        requests: found.requests_in_all / length,
        responses: samples.stats.latency_us.len(),
        errors,
        first_error,
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

/// Takes back what is not known of a runtime with a heap of its own: leaks in it stay
/// unseen, and garbage that waits there looks like a leak in physical memory. What its
/// compilers take from malloc meanwhile exceeds small leaks.
pub(super) fn doubt(found: &mut Found, language: &str, is_exact: bool) {
    let judgement = &found.judgement;
    let slope = judgement.line.slope;
    found.metrics.retain(|metric| metric.name != OUTSIDE);
    if found.trend == Trend::Leaks && is_exact && slope > judgement.detection_limit {
        return;
    }
    found.trend = Trend::Inconclusive;
    found.reason = Some(format!(
        "{language} keeps its objects in a heap of its own, where this instrument \
         cannot tell a leak from garbage that waits; compare heap snapshots of the \
         runtime, or watch the process for hours with --for"
    ));
}

/// The limits that the process will meet if the request goes on.
fn ahead(
    limits: Limits,
    last: Option<&Reading>,
    metrics: &[MetricSlope],
    leak: Option<f64>,
    rate: Option<f64>,
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
        let requests = (limit.saturating_sub(now?) as f64 / per_request?) as u64;
        let seconds = rate.map(|rate| requests as f64 / rate);
        Some(LimitAhead { of: of.to_owned(), limit, requests, seconds })
    });
    met.collect()
}

/// Responses with an error that the file doesn't announce, and the first of them.
fn errors(found: &Found, how: Option<&Directives>) -> (u64, Option<String>) {
    let stats = &found.samples.stats;
    let expected = how.map_or(&[][..], |how| &how.expected);
    let is_wrong =
        |(status, _): &(&u16, &u64)| **status >= 400 && !expected.contains(status);
    let wrong = || stats.statuses.iter().filter(is_wrong);
    let first = stats.first_error.clone().filter(|first| {
        wrong().any(|(status, _)| first.starts_with(&status.to_string()))
    });
    let other = || wrong().next().map(|(status, _)| status.to_string());
    (wrong().map(|(_, n)| n).sum(), first.or_else(other))
}
