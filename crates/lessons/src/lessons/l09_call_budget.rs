//! Quote an order within the time that the caller has left.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "quote an order within a time budget",
    route: "GET /orders/{id}/quote",
    grows_with: "distinct durations",
    // A connector has at least a connection pool and a read buffer of 8 KiB.
    growth: Growth::Slope { min_leak_bytes: 8_192.0 },
    requests: 20,
    window_requests: 6,
    settings: &["--quote-budget-ms=60000", "--answer-deadline-ms=60000"],
    known_by: &["aws_smithy_http_client"],
    request: |_, n| {
        // Callers have different budgets. They are long, so that a request does not
        // time out on a busy machine.
        let budget_ms = 30_000 + n % 30_000;
        get(format!("/orders/{}/quote", shop_order(n)))
            .header("x-budget-ms", budget_ms.to_string())
    },
    proof: Some(Proof {
        without: "lets a call go on after its budget",
        faults: &[Fault::new("GetItem", FaultAction::Delay { ms: 1_500 })],
        request: || {
            get(format!("/orders/{}/quote", shop_order(0)))
                .header("x-budget-ms", "300")
        },
        then: None,
        shows: None,
    }),
    ..JOB
};
