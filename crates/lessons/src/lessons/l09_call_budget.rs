//! Quote an order within the time that the caller has left.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{JOB, Lesson};
use crate::requests::{get, shop_order};
use measure::Growth;

pub(super) const LESSON: Lesson = Lesson {
    title: "quote an order within a time budget",
    route: "GET /orders/{id}/quote",
    grows_with: "distinct durations",
    // A connector has at least a connection pool and a read buffer of 8 KiB.
    growth: Growth::Slope { min_leak_bytes: 8_192.0 },
    requests: 20,
    window_requests: 6,
    settings: &["--quote-budget-ms=60000"],
    request: |_, n| {
        // Callers have different budgets. They are long, so that a request does not
        // time out on a busy machine.
        let budget_ms = 30_000 + n % 30_000;
        get(format!("/orders/{}/quote", shop_order(n)))
            .header("x-budget-ms", budget_ms.to_string())
    },
    settles: &[
        Settles {
            finding: "C11.1",
            shown_by: ShownBy::Resident,
            reason: "A leak of many bytes does show as resident memory, late and \
                     without a name.",
        },
        Settles {
            finding: "C15.1",
            shown_by: ShownBy::Leak,
            reason: "Every distinct read timeout makes its own connector, and the \
                     client keeps them all.",
        },
        Settles {
            finding: "R3.3",
            shown_by: ShownBy::Leak,
            reason: "Written as each call's own read timeout, the remaining time is \
                     itself a leak.",
        },
    ],
    ..JOB
};
