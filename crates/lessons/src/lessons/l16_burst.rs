//! List bestsellers: a burst of requests, then silence.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "list bestsellers in bursts",
    route: "GET /orders/bestsellers",
    grows_with: "burst size",
    growth: Growth::Burst {
        // A page of a hundred orders of a kilobyte.
        min_leak_bytes: 100_000.0,
        // 32 idle connections to the database, each with a read buffer that grows with
        // what it carried, up to 408 KB (hyper 1.12, h1/io.rs).
        jitter_bytes: 13_000_000.0,
    },
    requests: 64,
    window_requests: 2,
    concurrency: 64,
    // So long that a busy machine ends no request of the burst.
    settings: &["--count-deadline-ms=60000", "--answer-deadline-ms=60000"],
    request: |_, _| get_as(&sized_tenant(PAGE), "/orders/bestsellers"),
    data: one_page,
    ..JOB
};
