//! Print the label of a shipment, with a printer that loses some labels.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "print a label, wait for the printer",
    route: "POST /shipments/{id}/label",
    grows_with: "lost replies",
    // About two thirds of the orders do not fit on a label. Each leaves an entry: a number, a
    // pointer, and the channel.
    growth: Growth::Slope { min_leak_bytes: 50.0 },
    requests: 160,
    window_requests: 80,
    settings: &["--job-deadline-ms=5"],
    // A lost label is a 503 in both twins. On a busy machine, others may be late as well.
    may_refuse: true,
    metrics: &[Metric::Gauge("pending replies")],
    known_by: &["tokio::sync::oneshot"],
    request: |_, n| {
        send("POST", format!("/shipments/{}/label", shop_order(n)), &json!({}))
    },
    live: LiveRun { per_second: 400, growth_mib: 8 },
    ..JOB
};
