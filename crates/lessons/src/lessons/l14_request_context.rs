//! Show the history of an order, and log who asked.

use crate::prelude::*;

const HISTORY: Lesson = Lesson {
    title: "show an order's history, log who asked",
    route: "GET /orders/{id}/history",
    grows_with: "requests",
    // The header table of one request: 32 slots of 208 B.
    growth: Growth::Slope { min_leak_bytes: 4_096.0 },
    requests: 60,
    window_requests: 12,
    // Allocated when the connection read the request, before any handler ran.
    expected_sites: &["actix_http::h1::dispatcher::InnerDispatcher"],
    known_by: &["http::header::name::HeaderName", "actix_http::h1::dispatcher"],
    request: |_, n| {
        get(format!("/orders/{}/history", shop_order(n)))
            .header("x-request-id", format!("r-{n:08}"))
    },
    data: shop_events,
    live: LiveRun { per_second: 200, growth_mib: 90 },
    ..JOB
};

/// A handler returns early when a call fails, before what it meant to free at its end. The
/// SDK doesn't repeat a request that DynamoDB calls invalid.
const FAILING_READS: Lesson = Lesson {
    id: "l14_request_context",
    outage: true,
    faults: &[Fault::new(
        "Query",
        FaultAction::Error { status: 400, code: "ValidationException" },
    )],
    ..HISTORY
};

pub(super) const LESSON: Lesson = Lesson {
    harder: Some(Harder {
        lesson: &FAILING_READS,
        grows: "It grows with requests whose database call fails.",
    }),
    ..HISTORY
};
