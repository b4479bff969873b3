//! Take scanner events and write them in batches, behind the response.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "take scanner events, write batches",
    route: "POST /orders/{id}/events",
    grows_with: "backlog",
    // The strings of an event.
    growth: Growth::Slope { min_leak_bytes: 100.0 },
    // The queue grows by blocks of 32 entries, so a window has many of them. It is large
    // enough for a pooled connection, 8 KB, to be a small share of it.
    requests: 1_280,
    window_requests: 640,
    settings: &["--event-queue-max=64"],
    may_refuse: true,
    // The database takes one batch per second: slower than any run.
    faults: &[Fault::new("BatchWriteItem", FaultAction::Delay { ms: 1_000 })],
    metrics: &[Metric::Gauge("queue depth")],
    failed_fixes: &[FailedFix {
        name: "more-memory",
        title: "a queue a thousand times as long",
        why: "it only fills later",
        program: "fixed",
        settings: &["--event-queue-max=64000"],
        bounded_here: false,
    }],
    // The ids of order and tenant, which extractors take from the request.
    expected_sites: &["model/src/value.rs", "serde_core"],
    known_by: &["tokio::sync::mpsc::unbounded"],
    request: |_, n| {
        let event = json!({
            "sequence": n,
            "station": format!("dock-{}", n % 9),
            "note": "left of the gate, two parcels, one of them dented",
        });
        send("POST", format!("/orders/{}/events", shop_order(n)), &event)
    },
    live: LiveRun { per_second: 400, growth_mib: 8 },
    // More than the queue holds.
    load: 160,
    ..JOB
};
