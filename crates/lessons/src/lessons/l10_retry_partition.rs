//! Save a draft, with a retry budget for each tenant.

use crate::claims::{Settles, ShownBy};
use crate::data::none;
use crate::lesson::{JOB, Lesson};
use crate::requests::{numbered_tenant, shop_order, tenant_in_path};
use measure::Growth;
use serde_json::json;
use workload::Request;

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
    settles: &[
        Settles {
            finding: "C07.2",
            shown_by: ShownBy::Leak,
            reason: "A retry partition named after a tenant stays in a static map \
                     of the SDK that is never emptied.",
        },
        Settles {
            finding: "C15.2",
            shown_by: ShownBy::Leak,
            reason: "Every distinct name of a retry partition stays, even when the \
                     client is gone.",
        },
    ],
    ..JOB
};
