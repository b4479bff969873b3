//! Import orders from an uploaded file.

use crate::prelude::*;

/// Notes of an imported order: a file of megabytes then has few orders.
const NOTES_BYTES: usize = 4_000;

pub(super) const LESSON: Lesson = Lesson {
    title: "import orders from a file",
    route: "POST /orders/import",
    grows_with: "upload size",
    // A buffer that doubles has between one and two times the bytes of its text. Sizes that
    // are a power of two apart meet it at the same point. The smallest text is about as
    // large as the batch that is written, 0.8 MB.
    growth: Growth::Peak { sizes: &[150, 600, 1_200], of: Scale::Items },
    requests: 2,
    window_requests: 1,
    request: |plan, _| {
        let name = sized_tenant(plan.size);
        let tenant = seed::tenant(&name);
        let line = |n| {
            let mut order = seed::order(plan.seed, &tenant, n);
            let notes = seed::artwork(plan.seed, n, NOTES_BYTES);
            order.notes = notes.parse().expect("an artwork has room in its item");
            json!(order).to_string() + "\n"
        };
        let lines: String = (0..plan.size).map(line).collect();
        Request::new("POST", "/orders/import")
            .header("x-tenant", name)
            .body("application/x-ndjson", lines)
    },
    data: none,
    live: LiveRun { per_second: 2, growth_mib: 16 },
    ..JOB
};
