//! List one page of orders and drop the paginator.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "list one page, drop the paginator",
    route: "GET /orders",
    grows_with: "dropped paginators",
    requests: 80,
    window_requests: 6,
    request: |_, _| get("/orders?status=open"),
    ..JOB
};
