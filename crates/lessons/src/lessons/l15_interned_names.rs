//! Report on a tenant, under a shared name.

use crate::prelude::*;

/// One tenant in eight has orders. The others are new and have nothing to report.
const WITH_ORDERS: u64 = 8;

pub(super) const LESSON: Lesson = Lesson {
    title: "report on a tenant, by a shared name",
    route: "GET /tenants/{tenant}/report",
    grows_with: "names",
    // The text of a name, and the entry of the set that points to it.
    growth: Growth::Slope { min_leak_bytes: 56.0 },
    request: |_, n| get_own(&numbered_tenant(n), "report"),
    data: none,
    round_item: |seed, n| {
        n.is_multiple_of(WITH_ORDERS).then(|| stored(&first_order(seed, n)))?
    },
    distinct: Some(tenant_in_path),
    live: LiveRun { per_second: 400, growth_mib: 8 },
    ..JOB
};
