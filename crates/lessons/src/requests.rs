//! Parts that the requests of several lessons share.

use model::{OrderId, seed};
use serde_json::Value;
use workload::Request;

/// The tenant of the lessons on single orders.
pub(crate) const SHOP: &str = "shop";

/// Orders that the shop has.
pub const ORDERS: u64 = 200;

/// Orders that DynamoDB returns as a single page.
pub(crate) const PAGE: u64 = 100;

/// The shop's order for the request with this number.
pub(crate) fn shop_order(n: u64) -> OrderId {
    seed::order_id(n % ORDERS)
}

/// The tenant that owns exactly this many orders.
pub(crate) fn sized_tenant(size: u64) -> String {
    format!("size-{size}")
}

/// One of many tenants.
pub(crate) fn numbered_tenant(n: u64) -> String {
    format!("tenant-{n:08}")
}

/// A GET of the shop.
pub(crate) fn get(path: impl Into<String>) -> Request {
    get_as(SHOP, path)
}

/// A GET of a tenant.
pub(crate) fn get_as(tenant: &str, path: impl Into<String>) -> Request {
    Request::new("GET", path).header("x-tenant", tenant)
}

/// A JSON document of the shop.
pub(crate) fn send(
    method: &'static str,
    path: impl Into<String>,
    body: &Value,
) -> Request {
    send_as(SHOP, method, path, body)
}

/// A JSON document of a tenant.
pub(crate) fn send_as(
    tenant: &str,
    method: &'static str,
    path: impl Into<String>,
    body: &Value,
) -> Request {
    Request::new(method, path)
        .header("x-tenant", tenant)
        .body("application/json", body.to_string())
}

/// A GET of a tenant's own path, such as `summary` in `/tenants/{tenant}/summary`.
pub(crate) fn get_own(tenant: &str, what: &str) -> Request {
    get_as(tenant, format!("/tenants/{tenant}/{what}"))
}

/// The whole path of a request.
pub(crate) fn path(request: &Request) -> &str {
    &request.path
}

/// The second part of a path: the tenant in `/tenants/{tenant}/…`.
pub(crate) fn tenant_in_path(request: &Request) -> &str {
    request.path.split('/').nth(2).unwrap_or_default()
}
