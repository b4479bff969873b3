//! Print a packing list, compressed or not.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "print a packing list, compressed or not",
    route: "GET /orders/{id}/packing-list",
    grows_with: "compression",
    requests: 80,
    window_requests: 10,
    request: |_, n| {
        let encoding = ["identity", "gzip"][(n % 2) as usize];
        get(format!("/orders/{}/packing-list", shop_order(n)))
            .header("accept-encoding", encoding)
    },
    ..JOB
};
