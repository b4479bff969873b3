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
    // Few enough for the warm-up to fill: a set grows until it is full.
    settings: &["--report-names-max=80"],
    request: |_, n| get(format!("/tenants/{}/report", numbered_tenant(n))),
    data: none,
    round_data: |plan, numbers| {
        let seed = plan.seed;
        let with_orders = numbers.filter(|n| n.is_multiple_of(WITH_ORDERS));
        Box::new(with_orders.flat_map(move |n| orders(seed, &numbered_tenant(n), 1)))
    },
    distinct: Some(tenant_in_path),
    ..JOB
};
