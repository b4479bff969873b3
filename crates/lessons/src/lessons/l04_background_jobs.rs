//! Confirm an order, and make its picking list in the background.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "confirm an order, list its picks later",
    route: "POST /orders/{id}/confirm",
    grows_with: "requests",
    // A kept JoinHandle keeps the allocation of its task, which is as large as the
    // job's future: the state of several DynamoDB calls, some kilobytes.
    growth: Growth::Slope { min_leak_bytes: 2_048.0 },
    requests: 60,
    window_requests: 20,
    may_refuse: true,
    known_by: &["tokio::runtime::task::core::Cell"],
    // Jobs that run at the same time open a connection each, as many as chance wants: 76
    // in 16 rounds, each of which grows late.
    settings: &["--jobs-at-once-max=1"],
    // An open order for each request: to confirm it again takes less time than its job.
    request: |_, n| {
        let note = json!({ "note": format!("checked by clerk {}", n % 7) });
        send("POST", format!("/orders/{}/confirm", seed::order_id(n)), &note)
    },
    data: none,
    round_item: |seed, n| stored(&seed::order(seed, &seed::tenant(SHOP), n)),
    distinct: Some(path),
    live: LiveRun { per_second: 150, growth_mib: 122 },
    ..JOB
};
