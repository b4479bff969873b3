//! Look up a session, with a cache in front of the table.

use crate::claims::{Settles, ShownBy};
use crate::data::none;
use crate::lesson::{FailedFix, JOB, Lesson};
use crate::requests::{get, path};
use measure::Growth;
use model::seed;
use model::table::to_item;

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
    failed_fixes: &[FailedFix {
        name: "shrink-to-fit",
        title: "shrink the map with every entry",
        program: "decoys",
        settings: &[],
        bounded_here: false,
    }],
    request: |plan, n| {
        get(format!("/sessions/{}", seed::session_token(plan.seed, n)))
    },
    data: none,
    round_data: |plan, numbers| {
        let seed = plan.seed;
        Box::new(numbers.map(move |n| {
            let session = seed::session(seed, &seed::session_token(seed, n));
            to_item(&session).expect("seeded sessions have a DynamoDB form")
        }))
    },
    distinct: Some(path),
    settles: &[
        Settles {
            finding: "C12.1",
            shown_by: ShownBy::Leak,
            reason: "An unbounded map keeps every item that was ever looked up, \
                     with its secrets.",
        },
        Settles {
            finding: "C12.6",
            shown_by: ShownBy::FailedFix("shrink-to-fit"),
            reason: "Shrinking a map frees its spare capacity, but the entries are \
                     what grows.",
        },
    ],
    ..JOB
};
