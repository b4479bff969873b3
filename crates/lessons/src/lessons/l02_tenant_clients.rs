//! Read a tenant's last order with the tenant's own credentials.

use crate::claims::{Settles, ShownBy};
use crate::data::{none, orders};
use crate::lesson::{FailedFix, JOB, Lesson};
use crate::requests::{get, numbered_tenant, tenant_in_path};
use measure::{Growth, Metric};

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
    failed_fixes: &[FailedFix {
        name: "arc-client",
        title: "share each client in an Arc",
        program: "decoys",
        settings: &[],
        bounded_here: false,
    }],
    request: |_, n| get(format!("/tenants/{}/summary", numbered_tenant(n))),
    data: none,
    round_data: |plan, numbers| {
        let seed = plan.seed;
        Box::new(numbers.flat_map(move |n| orders(seed, &numbered_tenant(n), 1)))
    },
    distinct: Some(tenant_in_path),
    settles: &[
        Settles {
            finding: "C02.3",
            shown_by: ShownBy::Leak,
            reason: "A client for each tenant, kept in a map, stays with its pool, \
                     its TLS settings and its caches.",
        },
        Settles {
            finding: "C02.4",
            shown_by: ShownBy::FailedFix("arc-client"),
            reason: "An Arc around each kept client adds a pointer and frees \
                     nothing, because a client is an Arc already.",
        },
    ],
    ..JOB
};
