//! Requests without a body.

use super::{ORDERS, PAGE, Plan, Request, SHOP, numbered_tenant, sized_tenant};
use model::seed;

impl Plan {
    /// The request of this number, where the lesson reads.
    pub(super) fn read(&self, serial: u64) -> Option<Request> {
        let order = seed::order_id(serial % ORDERS);
        let tenant = numbered_tenant(serial);
        Some(match self.lesson {
            "l01_order_export" => {
                get("/orders/export".to_owned(), &sized_tenant(self.size))
            }
            "l02_tenant_clients" => get(format!("/tenants/{tenant}/summary"), SHOP),
            "l07_deadline" => get(format!("/orders/{order}"), SHOP),
            "l08_live_feed" => get("/orders/feed".to_owned(), SHOP),
            "l09_call_budget" => {
                let mut request = get(format!("/orders/{order}/quote"), SHOP);
                // Callers have different times left. Long ones: a busy machine must
                // not turn an answer into a timeout.
                let budget_ms = 30_000 + serial % 30_000;
                request.headers.push(("x-budget-ms", budget_ms.to_string()));
                request
            }
            "l11_session_cache" => {
                let token = seed::session_token(self.seed, serial);
                get(format!("/sessions/{token}"), SHOP)
            }
            "l13_request_metrics" => {
                let code = seed::tracking_code(self.seed, serial);
                get(format!("/track/{code}"), SHOP)
            }
            "l14_request_context" => {
                let mut request = get(format!("/orders/{order}/history"), SHOP);
                request.headers.push(("x-request-id", format!("r-{serial:08}")));
                request
            }
            "l15_interned_names" => get(format!("/tenants/{tenant}/report"), SHOP),
            "l16_burst" => {
                get("/orders/bestsellers".to_owned(), &sized_tenant(PAGE))
            }
            "c01_client_clones" => get(format!("/orders/{order}/status"), SHOP),
            "c02_first_page" => get("/orders?status=open".to_owned(), SHOP),
            "c05_compression" => {
                let mut request = get(format!("/orders/{order}/packing-list"), SHOP);
                let encoding = ["identity", "gzip"][(serial % 2) as usize];
                request.headers.push(("accept-encoding", encoding.to_owned()));
                request
            }
            "c06_client_churn" => get(format!("/orders/{order}/weight"), SHOP),
            _ => return None,
        })
    }
}

fn get(path: String, tenant: &str) -> Request {
    let headers = vec![("x-tenant", tenant.to_owned())];
    Request { method: "GET", path, headers, body: String::new() }
}
