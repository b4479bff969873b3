//! Write through a throttled database, attempt after attempt.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{JOB, Lesson};
use crate::requests::{send, shop_order};
use dynamo::{Fault, FaultAction, When};
use measure::{Growth, Scale};
use model::seed;
use serde_json::json;

/// Text that is sent again with every attempt: below the largest body that the service
/// takes by default, 64 KiB.
const ATTACHMENT_BYTES: usize = 56_000;

pub(super) const LESSON: Lesson = Lesson {
    title: "write through throttling, with retries",
    route: "PUT /orders/{id}/seen",
    grows_with: "attempts",
    growth: Growth::Peak { sizes: &[1, 2, 3], of: Scale::Attempts },
    // In the rounds every call is throttled once.
    faults: &[Fault::new("PutItem", FaultAction::THROTTLED)
        .when(When::Cycle { hit: 1, of: 2 })],
    requests: 40,
    window_requests: 1,
    request: |plan, n| {
        let attachment = seed::artwork(plan.seed, n, ATTACHMENT_BYTES);
        let seen = json!({ "desk": "d-7", "attachment": attachment });
        send("PUT", format!("/orders/{}/seen", shop_order(n)), &seen)
    },
    settles: &[
        Settles {
            finding: "C07.1",
            shown_by: ShownBy::Control,
            reason: "A call keeps one copy of its request, however often it is \
                     sent, and drops each failed response before the next attempt.",
        },
        Settles {
            finding: "C15.4",
            shown_by: ShownBy::Control,
            reason: "The number of attempts, which is blamed most, adds nothing.",
        },
        Settles {
            finding: "R4.2",
            shown_by: ShownBy::Control,
            reason: "Retries keep nothing except the one request, so fewer of them \
                     free nothing.",
        },
    ],
    ..JOB
};
