//! Confirm an order, and make its picking list in the background.

use crate::prelude::*;

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
    known_by: &["tokio::runtime::task::core::Cell"],
    request: |_, n| {
        let note = json!({ "note": format!("checked by clerk {}", n % 7) });
        send("POST", format!("/orders/{}/confirm", shop_order(n)), &note)
    },
    ..JOB
};
