//! Take scanner events and write them in batches, behind the response.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{FailedFix, JOB, Lesson};
use crate::requests::{send, shop_order};
use dynamo::{Fault, FaultAction};
use measure::{Growth, Metric};
use serde_json::json;

pub(super) const LESSON: Lesson = Lesson {
    title: "take scanner events, write batches",
    route: "POST /orders/{id}/events",
    grows_with: "backlog",
    // The strings of an event.
    growth: Growth::Slope { min_leak_bytes: 100.0 },
    // The queue grows by blocks of 32 entries, so a window has many of them.
    requests: 640,
    window_requests: 320,
    settings: &["--event-queue-max=64"],
    may_refuse: true,
    // The database takes one batch per second: slower than any run.
    faults: &[Fault::new("BatchWriteItem", FaultAction::Delay { ms: 1_000 })],
    metrics: &[Metric::Gauge("queue depth")],
    failed_fixes: &[FailedFix {
        name: "more-memory",
        title: "a queue a thousand times as long",
        program: "fixed",
        settings: &["--event-queue-max=64000"],
        bounded_here: false,
    }],
    // The ids of order and tenant, which extractors take from the request.
    expected_sites: &["model/src/ids.rs", "serde_core"],
    request: |_, n| {
        let event = json!({
            "sequence": n,
            "station": format!("dock-{}", n % 9),
            "note": "left of the gate, two parcels, one of them dented",
        });
        send("POST", format!("/orders/{}/events", shop_order(n)), &event)
    },
    settles: &[
        Settles {
            finding: "C04.2",
            shown_by: ShownBy::Leak,
            reason: "An unbounded queue in front of a slower writer is such a \
                     buffer too, and no response empties it.",
        },
        Settles {
            finding: "R1.2",
            shown_by: ShownBy::Leak,
            reason: "An unbounded channel is the same collection under another name \
                     as soon as its reader is slower.",
        },
        Settles {
            finding: "R1.3",
            shown_by: ShownBy::Fix,
            reason: "A bounded queue that rejects events when full never holds more \
                     than its bound.",
        },
        Settles {
            finding: "R1.4",
            shown_by: ShownBy::FailedFix("more-memory"),
            reason: "More memory for the backlog delays the end, but the slope \
                     stays the same.",
        },
    ],
    ..JOB
};
