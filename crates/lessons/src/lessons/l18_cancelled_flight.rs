//! Return an order's lines while the database is slow for half of the calls.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "share one read among many requests",
    route: "GET /orders/{id}/lines",
    grows_with: "cancelled reads",
    // Half of the requests leave an entry: two ids, and a flight with room for an order.
    growth: Growth::Slope { min_leak_bytes: 100.0 },
    requests: 120,
    // Each cancelled call needs a new connection, and some of them a new thread that
    // looks up the address: half a kilobyte that stays for seconds.
    quick_requests: Some(120),
    window_requests: 60,
    // A call that is not delayed must be in time in a window too, where dhat slows the
    // service. Otherwise the last call of a window is cancelled, its connection closes,
    // and the 25 KB of that connection hide the leak.
    settings: &["--order-deadline-ms=30"],
    // A slow call is a 504 in both twins. On a busy machine, others may be late as well.
    outage: true,
    faults: &[Fault::new("GetItem", FaultAction::Delay { ms: 500 })
        .when(When::Cycle { hit: 1, of: 2 })],
    request: |_, n| get(format!("/orders/{}/lines", seed::order_id(n))),
    data: none,
    round_item: |seed, n| stored(&seed::order(seed, &seed::tenant(SHOP), n)),
    distinct: Some(path),
    live: LiveRun { per_second: 400, growth_mib: 8 },
    shares_calls: true,
    ..JOB
};
