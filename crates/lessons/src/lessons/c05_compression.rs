//! Print a packing list, compressed or not.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{JOB, Lesson};
use crate::requests::{get, shop_order};

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
    settles: &[Settles {
        finding: "C13.1",
        shown_by: ShownBy::Control,
        reason: "Compression is a middleware that is absent unless added, has \
                     state only while a response is in progress, and keeps nothing \
                     afterwards.",
    }],
    ..JOB
};
