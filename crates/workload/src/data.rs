//! The items that a plan's requests will ask for.

use crate::plan::{ORDERS, PAGE, Plan, SHOP, numbered_tenant, sized_tenant};
use model::seed;
use model::table::{Item, to_item};
use std::ops::Range;

impl Plan {
    /// What must be in the table before the first round.
    pub fn base_data(&self) -> Box<dyn Iterator<Item = Item> + Send> {
        match self.lesson {
            "l01_order_export" => {
                orders(self.seed, sized_tenant(self.size), self.size)
            }
            "l02_tenant_clients"
            | "l05_bulk_import"
            | "l06_admission"
            | "l10_retry_partition"
            | "l11_session_cache"
            | "l12_idempotency_keys"
            | "l13_request_metrics"
            | "l15_interned_names" => Box::new(std::iter::empty()),
            "l16_burst" => orders(self.seed, sized_tenant(PAGE), PAGE),
            "l14_request_context" => events(self.seed, SHOP.to_owned(), ORDERS),
            _ => orders(self.seed, SHOP.to_owned(), ORDERS),
        }
    }

    /// What these rounds need beside it.
    pub fn round_data(
        &self,
        rounds: Range<u64>,
    ) -> Box<dyn Iterator<Item = Item> + Send> {
        let seed = self.seed;
        let serials = self.first_serial(rounds.start)..self.first_serial(rounds.end);
        let order = move |n| orders(seed, numbered_tenant(n), 1);
        match self.lesson {
            "l02_tenant_clients" => Box::new(serials.flat_map(order)),
            "l11_session_cache" => Box::new(serials.map(move |n| {
                let session = seed::session(seed, &seed::session_token(seed, n));
                to_item(&session).expect("seeded sessions have a DynamoDB form")
            })),
            // Most tenants are new and have nothing to report yet.
            "l15_interned_names" => Box::new(
                serials.filter(|n| n.is_multiple_of(NEW_TENANTS)).flat_map(order),
            ),
            "l13_request_metrics" => Box::new(serials.map(move |n| {
                let parcel = seed::parcel(seed, &seed::tracking_code(seed, n));
                to_item(&parcel).expect("seeded parcels have a DynamoDB form")
            })),
            _ => Box::new(std::iter::empty()),
        }
    }
}

/// Of so many tenants one has orders, where a lesson does not need them of all.
const NEW_TENANTS: u64 = 8;

fn orders(
    seed: u64,
    tenant: String,
    count: u64,
) -> Box<dyn Iterator<Item = Item> + Send> {
    let tenant = seed::tenant(&tenant);
    Box::new((0..count).map(move |n| {
        let order = seed::order(seed, &tenant, n);
        to_item(&order).expect("seeded orders have a DynamoDB form")
    }))
}

fn events(
    seed: u64,
    tenant: String,
    count: u64,
) -> Box<dyn Iterator<Item = Item> + Send> {
    let tenant = seed::tenant(&tenant);
    Box::new((0..count).map(move |n| {
        let event = seed::event(seed, &tenant, n);
        to_item(&event).expect("seeded events have a DynamoDB form")
    }))
}
