//! Read a tenant's last order with the tenant's own credentials.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "read an order with tenant credentials",
    route: "GET /tenants/{tenant}/summary",
    grows_with: "tenants",
    // A client has at least a connection pool and a read buffer of 8 KiB.
    growth: Growth::Slope { min_leak_bytes: 8_192.0 },
    requests: 20,
    window_requests: 6,
    // Few enough for the warm-up to fill: a cache grows until it is full, and moka frees
    // what it removed in groups of 64 (crossbeam-epoch).
    warm_up: 160,
    settings: &["--tenant-credentials-max=16"],
    // The connection that each client keeps for the tenant's next request.
    metrics: &[Metric::OpenFiles, Metric::Sockets("ESTABLISHED")],
    failed_fixes: &[FailedFix::decoy(
        "arc-client",
        "share each client in an Arc",
        "the number of clients grows, not their copies",
    )],
    known_by: &["aws_smithy_http_client", "from_conf"],
    request: |_, n| get_own(&numbered_tenant(n), "summary"),
    data: none,
    round_item: |seed, n| stored(&first_order(seed, n)),
    distinct: Some(tenant_in_path),
    live: LiveRun { per_second: 15, growth_mib: 122 },
    ..JOB
};
