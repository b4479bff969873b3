//! List one page of orders and drop the paginator.

use crate::claims::{Settles, ShownBy};
use crate::lesson::{JOB, Lesson};
use crate::requests::get;

pub(super) const LESSON: Lesson = Lesson {
    title: "list one page, drop the paginator",
    route: "GET /orders",
    grows_with: "dropped paginators",
    requests: 80,
    window_requests: 6,
    request: |_, _| get("/orders?status=open"),
    settles: &[
        Settles {
            finding: "C09.1",
            shown_by: ShownBy::OpenFiles,
            reason: "Between two pages a paginator holds no connection, because \
                     each page is its own request that was read to its end.",
        },
        Settles {
            finding: "C10.1",
            shown_by: ShownBy::Control,
            reason: "A dropped paginator drops its page and its future, and holds \
                     nothing else.",
        },
    ],
    ..JOB
};
