//! Save a draft, with a retry budget for each tenant.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "save a draft, retries counted by tenant",
    route: "PUT /tenants/{tenant}/orders/{id}",
    grows_with: "tenants",
    // What a token bucket allocates, and its slot in the SDK's map.
    growth: Growth::Slope { min_leak_bytes: 100.0 },
    request: |_, n| {
        let tenant = numbered_tenant(n);
        let path = format!("/tenants/{tenant}/orders/{}", shop_order(n));
        let note = json!({ "note": format!("{} pieces", n % 90) });
        send_as(&tenant, "PUT", path, &note)
    },
    data: none,
    distinct: Some(tenant_in_path),
    live: LiveRun { per_second: 400, growth_mib: 8 },
    ..JOB
};
