//! Confirm an order, and make its picking list in the background.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{JOB, Lesson};
use crate::requests::{send, shop_order};
use measure::Growth;
use serde_json::json;

pub(super) const LESSON: Lesson = Lesson {
    title: "confirm an order, list its picks later",
    route: "POST /orders/{id}/confirm",
    grows_with: "requests",
    // A kept JoinHandle keeps the allocation of its task, which is as large as the
    // job's future: the state of several DynamoDB calls, some kilobytes.
    growth: Growth::Slope { min_leak_bytes: 2_048.0 },
    requests: 120,
    window_requests: 20,
    may_refuse: true,
    request: |_, n| {
        let note = json!({ "note": format!("checked by clerk {}", n % 7) });
        send("POST", format!("/orders/{}/confirm", shop_order(n)), &note)
    },
    settles: &[
        Settles {
            finding: "C03.2",
            shown_by: ShownBy::Leak,
            reason: "What piles up is the opposite: spawned jobs whose handles are \
                     kept, so that none of them is freed.",
        },
        Settles {
            finding: "R5.2",
            shown_by: ShownBy::NoErrors,
            reason: "Neither does a log of calls show it: every call succeeds and \
                     is consumed to its end, and memory grows all the same.",
        },
    ],
    ..JOB
};
