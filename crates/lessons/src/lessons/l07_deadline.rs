//! Look up an order while the database does not answer.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{FailedFix, JOB, Lesson};
use crate::requests::{get, shop_order};
use dynamo::{Fault, FaultAction};
use measure::{Growth, Metric};
use std::time::Duration;
use workload::ClientBehavior;

pub(super) const LESSON: Lesson = Lesson {
    title: "look up an order in an outage",
    route: "GET /orders/{id}",
    grows_with: "outage",
    // The state of one SDK call and the buffers of its connection.
    growth: Growth::Slope { min_leak_bytes: 16_384.0 },
    requests: 16,
    window_requests: 8,
    concurrency: 16,
    settings: &["--order-deadline-ms=60"],
    outage: true,
    faults: &[Fault::new("GetItem", FaultAction::Silence)],
    // The client's connection and the connection to the database.
    expected_sites: &["actix_http", "actix_server", "actix-server", "hyper"],
    failed_fixes: &[FailedFix {
        name: "longer-timeout",
        title: "a read timeout of a minute",
        program: "decoys",
        settings: &[],
        bounded_here: false,
    }],
    metrics: &[Metric::InFlight, Metric::OpenFiles, Metric::Sockets("CLOSE_WAIT")],
    // Several times the deadline of the service, so that a service with a deadline
    // answers first on a busy machine too.
    client: ClientBehavior::GivesUpAfter(Duration::from_millis(200)),
    request: |_, n| get(format!("/orders/{}", shop_order(n))),
    settles: &[
        Settles {
            finding: "C05.2",
            shown_by: ShownBy::Leak,
            reason: "While the database does not respond, every request stays in \
                     flight.",
        },
        Settles {
            finding: "C08.1",
            shown_by: ShownBy::Misstep("longer-timeout"),
            reason: "While nothing is answered, memory is arrivals times timeout: a \
                     timeout longer than the outage bounds nothing during it.",
        },
        Settles {
            finding: "C08.2",
            shown_by: ShownBy::Leak,
            reason: "No timeout is worse than a high one, and by default only \
                     connecting has one.",
        },
        Settles {
            finding: "C15.3",
            shown_by: ShownBy::Leak,
            reason: "By default the SDK waits without limit for a read, an attempt \
                     and a whole operation.",
        },
        Settles {
            finding: "R3.1",
            shown_by: ShownBy::Fix,
            reason: "A deadline bounds how long a request can hold anything, and \
                     dropping its future frees it.",
        },
        Settles {
            finding: "R3.2",
            shown_by: ShownBy::FailedFix("longer-timeout"),
            reason: "The timer must be shorter than the outage that it is meant \
                     for.",
        },
        Settles {
            finding: "R4.3",
            shown_by: ShownBy::Fix,
            reason: "The settings that help are the timeouts for a read, an attempt \
                     and an operation, which are unset by default.",
        },
    ],
    ..JOB
};
