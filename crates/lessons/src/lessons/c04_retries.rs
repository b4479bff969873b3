//! Write through a throttled database, attempt after attempt.

use crate::prelude::*;

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
    ..JOB
};
