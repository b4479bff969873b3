//! Show a parcel, and measure how long responses take.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "show a parcel, measure the responses",
    route: "GET /track/{code}",
    grows_with: "distinct paths",
    // Two shards of eleven buckets and the bounds of the buckets, 8 bytes each.
    growth: Growth::Slope { min_leak_bytes: 264.0 },
    requests: 120,
    window_requests: 24,
    metrics: &[Metric::Gauge("metric series")],
    known_by: &["prometheus"],
    request: |plan, n| get(format!("/track/{}", seed::tracking_code(plan.seed, n))),
    data: none,
    round_item: |seed, n| stored(&seed::parcel(seed, &seed::tracking_code(seed, n))),
    distinct: Some(path),
    live: LiveRun { per_second: 400, growth_mib: 16 },
    proof: Some(Proof {
        without: "shows no figures of the answers in /metrics",
        faults: &[],
        request: || get("/metrics"),
        then: None,
        shows: Some("http_request_duration_seconds_count"),
    }),
    ..JOB
};
