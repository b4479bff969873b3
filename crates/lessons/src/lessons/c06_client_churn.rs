//! Build a client for a request and drop it.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{JOB, Lesson};
use crate::requests::{get, shop_order};

pub(super) const LESSON: Lesson = Lesson {
    title: "build a client per request, drop it",
    route: "GET /orders/{id}/weight",
    grows_with: "built clients",
    requests: 80,
    window_requests: 4,
    request: |_, n| get(format!("/orders/{}/weight", shop_order(n))),
    settles: &[Settles {
        finding: "C02.2",
        shown_by: ShownBy::Control,
        reason: "A client built for each request costs time and connections, \
                     and is freed with the request.",
    }],
    ..JOB
};
