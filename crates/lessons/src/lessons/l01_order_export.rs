//! Export all orders of a tenant in one response.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "export a tenant's orders",
    route: "GET /orders/export",
    grows_with: "table size",
    growth: Growth::Peak { sizes: &[200, 600, 1_800], of: Scale::Items },
    requests: 2,
    window_requests: 1,
    failed_fixes: &[FailedFix {
        name: "unbounded-channel",
        title: "stream through an unbounded channel",
        program: "decoys",
        settings: &[],
        // These clients read as fast as the database answers, and the kernel buffers
        // another 4 MB for them.
        bounded_here: true,
    }],
    request: |plan, _| get_as(&sized_tenant(plan.size), "/orders/export"),
    data: sized_orders,
    live: LiveRun { per_second: 2, limit_mib: 48 },
    ..JOB
};
