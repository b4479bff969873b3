//! Look up a session, with a cache in front of the table.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "look up a session, cached",
    route: "GET /sessions/{token}",
    grows_with: "distinct tokens",
    // The values of a 1,000-byte item.
    growth: Growth::Slope { min_leak_bytes: 700.0 },
    requests: 160,
    window_requests: 24,
    // Small enough for the warm-up to fill: a cache grows until it is full.
    settings: &["--session-cache-bytes-max=32768"],
    failed_fixes: &[FailedFix::decoy(
        "shrink-to-fit",
        "shrink the map with every entry",
        "the entries grow, not the free slots",
    )],
    request: |plan, n| {
        get(format!("/sessions/{}", seed::session_token(plan.seed, n)))
    },
    data: none,
    round_item: |seed, n| {
        stored(&seed::session(seed, &seed::session_token(seed, n)))
    },
    distinct: Some(path),
    live: LiveRun { per_second: 400, growth_mib: 58 },
    ..JOB
};
