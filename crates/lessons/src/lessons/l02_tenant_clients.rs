//! Read a tenant's last order with the tenant's own credentials.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "show a tenant's last order, as tenant",
    route: "GET /tenants/{tenant}/summary",
    grows_with: "tenants",
    // A client has at least a connection pool and a read buffer of 8 KiB.
    growth: Growth::Slope { min_leak_bytes: 8_192.0 },
    requests: 20,
    window_requests: 6,
    // The connection that each client keeps for the tenant's next request.
    metrics: &[Metric::OpenFiles, Metric::Sockets("ESTABLISHED")],
    failed_fixes: &[FailedFix::decoy("arc-client", "share each client in an Arc")],
    request: |_, n| get(format!("/tenants/{}/summary", numbered_tenant(n))),
    data: none,
    round_data: |plan, numbers| {
        let seed = plan.seed;
        Box::new(numbers.flat_map(move |n| orders(seed, &numbered_tenant(n), 1)))
    },
    distinct: Some(tenant_in_path),
    ..JOB
};
