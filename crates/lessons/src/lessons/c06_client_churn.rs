//! Build a client for a request and drop it.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "build a client per request, drop it",
    route: "GET /orders/{id}/weight",
    grows_with: "built clients",
    requests: 80,
    window_requests: 4,
    request: |_, n| get(format!("/orders/{}/weight", shop_order(n))),
    ..JOB
};
