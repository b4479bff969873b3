//! Follow shipments as they happen, with server-sent events.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "follow shipments as they happen",
    route: "GET /orders/feed",
    grows_with: "disconnects",
    // The two buffers of a connection, 8 KiB each.
    growth: Growth::Slope { min_leak_bytes: 8_192.0 },
    requests: 40,
    window_requests: 12,
    // The second sign of life finds that the client has gone.
    settings: &["--feed-heartbeat-ms=20"],
    metrics: &[
        Metric::Gauge("subscribers"),
        Metric::Sockets("CLOSE_WAIT"),
        Metric::InFlight,
    ],
    // The connection that waits.
    expected_sites: &["actix_http", "actix_server", "actix-server"],
    client: ClientBehavior::Leaves,
    known_by: &["requests in flight", "sockets in CLOSE_WAIT"],
    request: |_, _| get("/orders/feed"),
    live: LiveRun { per_second: 20, growth_mib: 10 },
    proof: Some(Proof {
        without: "does not tell an open feed that an order has been shipped",
        faults: &[],
        request: || get("/orders/feed"),
        then: Some(|| {
            let path = format!("/orders/{}/shipment", shop_order(0));
            send("POST", path, &json!({}))
        }),
        shows: Some("event: shipped"),
    }),
    ..JOB
};
