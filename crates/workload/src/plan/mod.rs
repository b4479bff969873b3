//! Seed, round and number to request: the same always and everywhere.

mod reads;
mod writes;

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
        self.read(serial).or_else(|| self.write(serial)).unwrap_or_else(|| {
            unreachable!("the lesson {} has no plan; tests hold that", self.lesson)
        })
    }

    /// Requests are numbered through all rounds, so that keys can differ everywhere.
    pub(crate) fn first_serial(&self, round: u64) -> u64 {
        round
            .checked_sub(1)
            .map_or(0, |earlier| self.warm_up + earlier * self.requests)
    }
}

/// Orders of a tenant whose orders are a single page of DynamoDB's.
pub const PAGE: u64 = 100;

/// The tenant of the lessons on single orders.
pub const SHOP: &str = "shop";

/// The tenant that owns exactly this many orders.
pub fn sized_tenant(size: u64) -> String {
    format!("size-{size}")
}

/// One of the many tenants of the lessons on tenants.
pub fn numbered_tenant(n: u64) -> String {
    format!("tenant-{n:08}")
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
    fn tenants_differ_within_a_round_and_between_rounds() {
        for id in ["l02_tenant_clients", "l10_retry_partition", "l15_interned_names"]
        {
            let mut tenants = HashSet::new();
            for round in [0, 1, 2] {
                for n in 0..50 {
                    let path = plan(id, 7).request(round, n).path;
                    let tenant = path.split('/').nth(2).map(str::to_owned);
                    tenants.insert(tenant.unwrap());
                }
            }
            assert_eq!(tenants.len(), 150, "{id}");
        }
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
