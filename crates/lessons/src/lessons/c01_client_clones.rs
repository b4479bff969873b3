//! Clone the SDK client a thousand times in a request.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "clone the client 1,000 times a request",
    route: "GET /orders/{id}/status",
    grows_with: "client clones",
    // Enough to see a leak of eight bytes.
    requests: 320,
    window_requests: 8,
    request: |_, n| get(format!("/orders/{}/status", shop_order(n))),
    ..JOB
};
