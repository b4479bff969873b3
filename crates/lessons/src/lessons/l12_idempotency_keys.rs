//! Record a payment once, however often its client sends it.

use crate::prelude::*;

/// One payment in eight is sent again.
const REPEATED: u64 = 8;

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 \
                       Firefox/140.0";

pub(super) const LESSON: Lesson = Lesson {
    title: "record a payment once",
    route: "POST /payments",
    grows_with: "keys",
    // The headers of a request of this workload, cookies included.
    growth: Growth::Slope { min_leak_bytes: 400.0 },
    requests: 160,
    // The headers that are kept differ in size, and a round replaces all of them.
    quick_requests: Some(80),
    window_requests: 48,
    // Few enough for the warm-up to fill.
    settings: &["--idempotency-keys-max=16"],
    metrics: &[Metric::Gauge("idempotency keys")],
    // A header value is a slice of the buffer that actix reads requests into.
    expected_sites: &[
        "actix_http::h1::dispatcher::InnerDispatcher<T,S,B,X,U>::read_available",
    ],
    known_by: &[
        "actix_http::h1::dispatcher::InnerDispatcher<T,S,B,X,U>::read_available",
    ],
    request: |plan, n| {
        // A client repeats a payment when it has not seen the response.
        let repeats = n % REPEATED == REPEATED - 1;
        payment(plan.seed, if repeats { n - 1 } else { n })
    },
    data: none,
    live: LiveRun { per_second: 400, growth_mib: 16 },
    ..JOB
};

/// A payment whose headers are about as large as those of a browser.
fn payment(seed: u64, n: u64) -> Request {
    let key = seed::idempotency_key(seed, n);
    let trace = key.as_str().replace('-', "");
    let session = seed::session_token(seed, n % 50);
    let payment = json!({
        "order": shop_order(n),
        "amount_cents": 1_000 + n % 9_000,
    });
    Request::new("POST", "/payments")
        .header("x-tenant", SHOP)
        .header("idempotency-key", key.to_string())
        .header("accept", "application/json, text/plain, */*")
        .header("accept-language", "de-DE,de;q=0.9,en;q=0.7")
        .header("user-agent", BROWSER)
        .header("cookie", format!("session={session}; currency=EUR; theme=dark"))
        .header("traceparent", format!("00-{trace}-{}-01", &trace[..16]))
        .body("application/json", payment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_payment_has_a_new_key_or_repeats_the_one_before_in_full() {
        let plan = crate::Plan::new(&LESSON, 7, 48);
        let requests: Vec<_> = (0..48).map(|n| plan.request(0, n)).collect();
        let distinct: HashSet<_> =
            requests.iter().map(|r| (&r.headers[1].1, &r.body)).collect();
        assert_eq!(distinct.len(), 42);
        assert_eq!(requests[6], requests[7]);
    }
}
