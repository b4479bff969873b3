//! Export all orders of a tenant in one response.

use crate::prelude::*;

const EXPORT: Lesson = Lesson {
    title: "export a tenant's orders",
    route: "GET /orders/export",
    grows_with: "table size",
    growth: Growth::Peak { sizes: &[200, 600, 1_800], of: Scale::Items },
    requests: 2,
    window_requests: 1,
    failed_fixes: &[FailedFix {
        // These clients read as fast as the database answers, and the kernel buffers
        // another 4 MB for them.
        bounded_here: true,
        ..FailedFix::decoy(
            "unbounded-channel",
            "stream through an unbounded channel",
            "the channel takes what a slow client has not read",
        )
    }],
    request: |plan, _| get_as(&sized_tenant(plan.size), "/orders/export"),
    data: sized_orders,
    live: LiveRun { per_second: 2, growth_mib: 42 },
    ..JOB
};

/// A queue without a limit grows only when it is filled faster than it is read. Each client
/// stays for longer than the database needs for the whole table.
const SLOW_READERS: Lesson = Lesson {
    id: "l01_order_export",
    client: ClientBehavior::DoesNotRead(Duration::from_secs(2)),
    ..EXPORT
};

pub(super) const LESSON: Lesson = Lesson {
    harder: Some(Harder {
        lesson: &SLOW_READERS,
        grows: "It grows when clients read slowly, which the clients of the other run \
                don't.",
    }),
    ..EXPORT
};
