//! Items that requests ask for.

use crate::plan::Plan;
use crate::requests::{ORDERS, PAGE, SHOP, numbered_tenant, sized_tenant};
use model::table::{Item, Record, to_item};
use model::{Order, seed};

/// Items for the table, made one at a time.
pub type Items = Box<dyn Iterator<Item = Item> + Send>;

/// Nothing.
pub(crate) fn none(_: &Plan) -> Items {
    Box::new(std::iter::empty())
}

/// The shop's orders.
pub(crate) fn shop_orders(plan: &Plan) -> Items {
    orders(plan.seed, SHOP, ORDERS)
}

/// The events of the shop's orders.
pub(crate) fn shop_events(plan: &Plan) -> Items {
    let (seed, tenant) = (plan.seed, seed::tenant(SHOP));
    Box::new((0..ORDERS).filter_map(move |n| stored(&seed::event(seed, &tenant, n))))
}

/// A tenant with as many orders as the size of the plan says.
pub(crate) fn sized_orders(plan: &Plan) -> Items {
    orders(plan.seed, &sized_tenant(plan.size), plan.size)
}

/// A tenant whose orders are one page.
pub(crate) fn one_page(plan: &Plan) -> Items {
    orders(plan.seed, &sized_tenant(PAGE), PAGE)
}

/// The first orders of a tenant.
fn orders(seed: u64, tenant: &str, count: u64) -> Items {
    let tenant = seed::tenant(tenant);
    Box::new((0..count).filter_map(move |n| stored(&seed::order(seed, &tenant, n))))
}

/// The first order of the tenant with this number.
pub(crate) fn first_order(seed: u64, n: u64) -> Order {
    seed::order(seed, &seed::tenant(&numbered_tenant(n)), 0)
}

/// The item of a record that was made from the seed.
pub(crate) fn stored(record: &impl Record) -> Option<Item> {
    Some(to_item(record).expect("seeded data has a DynamoDB form"))
}
