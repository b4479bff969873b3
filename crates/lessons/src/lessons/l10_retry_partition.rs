//! Save a draft, with a retry budget for each tenant.

use crate::prelude::*;

pub(super) const LESSON: Lesson = Lesson {
    title: "save a draft, retries counted by tenant",
    route: "PUT /tenants/{tenant}/orders/{id}",
    grows_with: "tenants",
    // What a token bucket allocates, and its slot in the SDK's map.
    growth: Growth::Slope { min_leak_bytes: 100.0 },
    request: |_, n| {
        let path =
            format!("/tenants/{}/orders/{}", numbered_tenant(n), shop_order(n));
        let note = json!({ "note": format!("{} pieces", n % 90) });
        // The path names the tenant, so there is no x-tenant header.
        Request::new("PUT", path).body("application/json", note.to_string())
    },
    data: none,
    distinct: Some(tenant_in_path),
    ..JOB
};
