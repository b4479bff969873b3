//! Look up an order while the database does not answer.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "look up an order in an outage",
    route: "GET /orders/{id}",
    grows_with: "outage",
    // The state of one SDK call and the buffers of its connection.
    growth: Growth::Slope { min_leak_bytes: 16_384.0 },
    requests: 16,
    window_requests: 8,
    concurrency: 16,
    // The server's own deadline would end what this route holds.
    settings: &["--order-deadline-ms=60", "--answer-deadline-ms=600000"],
    outage: true,
    faults: &[Fault::new("GetItem", FaultAction::Silence)],
    // The client's connection and the connection to the database.
    expected_sites: &["actix_http", "actix_server", "actix-server", "hyper"],
    failed_fixes: &[FailedFix::decoy(
        "longer-timeout",
        "a read timeout of a minute",
        "memory holds the arrivals of a minute",
    )],
    metrics: &[Metric::InFlight, Metric::OpenFiles, Metric::Sockets("CLOSE_WAIT")],
    // Several times the deadline of the service, so that a service with a deadline
    // answers first on a busy machine too.
    client: ClientBehavior::GivesUpAfter(Duration::from_millis(200)),
    known_by: &["requests in flight", "sockets in CLOSE_WAIT", "hyper"],
    request: |_, n| get(format!("/orders/{}", shop_order(n))),
    live: LiveRun { per_second: 10, growth_mib: 34 },
    ..JOB
};
