//! Place an order, with a limit on the orders in progress.

use crate::prelude::*;

/// Text of an order: below DynamoDB's 400 KB per item, and far above what a service
/// buffers for a connection.
const ARTWORK_BYTES: usize = 360_000;

pub(super) const LESSON: Lesson = Lesson {
    title: "place an order, concurrency limited",
    route: "POST /orders",
    grows_with: "offered load",
    // About 6 MB are independent of the load, a small share of these. The database is so
    // slow that all of a load has arrived before much of it is done.
    growth: Growth::Peak { sizes: &[48, 96, 192], of: Scale::Requests },
    requests: 6,
    window_requests: 1,
    settings: &[
        "--order-bodies-max=4",
        "--orders-at-once-max=4",
        "--connections-max=24",
        // All of these connections are in use. A driver that is slow for a moment must
        // not lose one.
        "--client-idle-ms=60000",
        "--body-bytes-max=524288",
    ],
    may_refuse: true,
    faults: &[Fault::new("PutItem", FaultAction::Delay { ms: 30 })],
    // What has arrived of the body, before and while it is parsed.
    expected_sites: &["actix_http", "actix-http"],
    failed_fixes: &[FailedFix::decoy(
        "acquire-in-handler",
        "await a permit in the handler",
        "it bounds the calls, not the memory",
    )],
    request: |plan, n| {
        let order = seed::order(plan.seed, &seed::tenant(SHOP), n);
        let draft = json!({
            "id": order.id,
            "placed_at": order.placed_at,
            "customer": order.customer,
            "currency": order.currency,
            "lines": order.lines,
            "notes": seed::artwork(plan.seed, n, ARTWORK_BYTES),
        });
        send("POST", "/orders", &draft)
    },
    data: none,
    live: LiveRun { per_second: 20, growth_mib: 58 },
    ..JOB
};
