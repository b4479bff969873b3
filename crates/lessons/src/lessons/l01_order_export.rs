//! Export all orders of a tenant in one response.

use crate::claims::{Settles, ShownBy};
use crate::data::sized_orders;
use crate::lesson::{FailedFix, JOB, Lesson};
use crate::requests::{get_as, sized_tenant};
use measure::{Growth, Scale};

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
    settles: &[
        Settles {
            finding: "C04.1",
            shown_by: ShownBy::Leak,
            reason: "The SDK reads each page whole, and a page is limited; the \
                     unbounded buffer is the handler's, and it is freed with the \
                     response.",
        },
        Settles {
            finding: "C06.1",
            shown_by: ShownBy::Leak,
            reason: "The peak follows the size of the result, once for each request \
                     in flight, and is freed with the response.",
        },
        Settles {
            finding: "R1.1",
            shown_by: ShownBy::Fix,
            reason: "A page is requested when the client has taken the one before, \
                     so one page at a time is in memory.",
        },
    ],
    ..JOB
};
