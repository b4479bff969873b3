//! Seed, round and number to request: the same always and everywhere.

use model::{OrderId, seed};
use serde_json::json;

/// Orders that the lessons on single orders share.
pub const ORDERS: u64 = 200;

/// A request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Headers beside `host`.
    pub headers: Vec<(&'static str, String)>,
    /// JSON text, or nothing.
    pub body: String,
}

/// The requests of one lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// A lesson of [`model::LESSONS`].
    pub lesson: &'static str,
    /// Names the data and everything drawn at random.
    pub seed: u64,
    /// Requests in each round.
    pub requests: u64,
    /// Requests in round 0, the warm-up.
    pub warm_up: u64,
    /// Items of the tenant whose data is read whole, where the lesson reads one.
    pub size: u64,
}

impl Plan {
    /// The `n`th request of a round. Keys that must be distinct differ between
    /// rounds, too.
    pub fn request(&self, round: u64, n: u64) -> Request {
        let serial = self.first_serial(round) + n;
        let order = seed::order_id(serial % ORDERS);
        match self.lesson {
            "l01_order_export" => {
                get("/orders/export".to_owned(), &sized_tenant(self.size))
            }
            "l04_background_jobs" => Request {
                method: "POST",
                path: format!("/orders/{order}/confirm"),
                headers: vec![
                    ("x-tenant", SHOP.to_owned()),
                    ("content-type", "application/json".to_owned()),
                ],
                body: json!({ "note": format!("checked by clerk {}", serial % 7) })
                    .to_string(),
            },
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
            "l12_idempotency_keys" => self.payment(serial),
            "l13_request_metrics" => {
                let code = seed::tracking_code(self.seed, serial);
                get(format!("/track/{code}"), SHOP)
            }
            "c01_client_clones" => get(format!("/orders/{order}/status"), SHOP),
            "c02_first_page" => get("/orders?status=open".to_owned(), SHOP),
            "c03_dropped_upload" => upload(&order),
            "c05_compression" => {
                let mut request = get(format!("/orders/{order}/packing-list"), SHOP);
                let encoding = ["identity", "gzip"][(serial % 2) as usize];
                request.headers.push(("accept-encoding", encoding.to_owned()));
                request
            }
            other => unreachable!("the lesson {other} has no plan; tests hold that"),
        }
    }
}

impl Plan {
    /// A payment under a key of its own, but every eighth repeats the one before: its
    /// client has not seen the answer. The head is about as large as a browser's.
    fn payment(&self, serial: u64) -> Request {
        let repeats = serial % REPEATED == REPEATED - 1;
        let number = if repeats { serial - 1 } else { serial };
        let key = seed::idempotency_key(self.seed, number);
        let trace = key.as_str().replace('-', "");
        let session = seed::session_token(self.seed, number % 50);
        Request {
            method: "POST",
            path: "/payments".to_owned(),
            headers: vec![
                ("x-tenant", SHOP.to_owned()),
                ("idempotency-key", key.to_string()),
                ("content-type", "application/json".to_owned()),
                ("accept", "application/json, text/plain, */*".to_owned()),
                ("accept-language", "de-DE,de;q=0.9,en;q=0.7".to_owned()),
                (
                    "user-agent",
                    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 \
                     Firefox/140.0"
                        .to_owned(),
                ),
                ("cookie", format!("session={session}; currency=EUR; theme=dark")),
                ("traceparent", format!("00-{trace}-{}-01", &trace[..16])),
            ],
            body: json!({
                "order": seed::order_id(number % ORDERS),
                "amount_cents": 1_000 + number % 9_000,
            })
            .to_string(),
        }
    }

    /// Requests are numbered through all rounds, so that keys can differ everywhere.
    pub(crate) fn first_serial(&self, round: u64) -> u64 {
        round
            .checked_sub(1)
            .map_or(0, |earlier| self.warm_up + earlier * self.requests)
    }
}

/// One payment in so many is sent again.
const REPEATED: u64 = 8;

/// Bytes of an uploaded file: far more than what a service reads ahead.
const UPLOAD_BYTES: usize = 160 << 10;

/// The tenant of the lessons on single orders.
pub const SHOP: &str = "shop";

/// The tenant that owns exactly this many orders.
pub fn sized_tenant(size: u64) -> String {
    format!("size-{size}")
}

fn get(path: String, tenant: &str) -> Request {
    let headers = vec![("x-tenant", tenant.to_owned())];
    Request { method: "GET", path, headers, body: String::new() }
}

/// A form with one file in it.
fn upload(order: &OrderId) -> Request {
    const BOUNDARY: &str = "----leaklab-3f1c9a7e";
    let file =
        "%PDF-1.7\n".to_owned() + &"0123456789abcde\n".repeat(UPLOAD_BYTES / 16);
    let body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; \
         filename=\"invoice-{order}.pdf\"\r\ncontent-type: application/pdf\r\n\r\n\
         {file}\r\n--{BOUNDARY}--\r\n"
    );
    Request {
        method: "POST",
        path: format!("/orders/{order}/attachments"),
        headers: vec![
            ("x-tenant", SHOP.to_owned()),
            ("content-type", format!("multipart/form-data; boundary={BOUNDARY}")),
        ],
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::LESSONS;
    use std::collections::HashSet;

    fn plan(lesson: &'static str, seed: u64) -> Plan {
        Plan { lesson, seed, requests: 50, warm_up: 60, size: 500 }
    }

    #[test]
    fn every_lesson_has_a_plan_that_repeats() {
        for lesson in LESSONS {
            let requests = |seed| -> Vec<_> {
                (0..50).map(|n| plan(lesson.id, seed).request(3, n)).collect()
            };
            assert_eq!(requests(7), requests(7), "{}", lesson.id);
        }
    }

    #[test]
    fn tokens_differ_within_a_round_between_rounds_and_between_seeds() {
        let mut paths = HashSet::new();
        for (seed, round) in [(7, 1), (7, 2), (8, 1)] {
            for n in 0..50 {
                paths.insert(plan("l11_session_cache", seed).request(round, n).path);
            }
        }
        assert_eq!(paths.len(), 150);
    }

    #[test]
    fn tracking_codes_differ_within_a_round_and_between_rounds() {
        let request = |round, n| plan("l13_request_metrics", 7).request(round, n);
        let paths: HashSet<_> =
            (0..100).map(|n| request(n / 50, n % 50).path).collect();
        assert_eq!(paths.len(), 100);
    }

    #[test]
    fn a_payment_has_a_key_of_its_own_or_repeats_the_one_before_in_full() {
        let plan = plan("l12_idempotency_keys", 7);
        let bodies: HashSet<_> = (0..48)
            .map(|n| plan.request(0, n))
            .map(|r| (r.headers[1].1.clone(), r.body))
            .collect();
        assert_eq!(bodies.len(), 42);
        assert_eq!(plan.request(0, 6), plan.request(0, 7));
        assert_ne!(plan.request(1, 0), plan.request(2, 0));
    }
}
