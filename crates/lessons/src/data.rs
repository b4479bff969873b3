//! Items that requests ask for.

use crate::plan::Plan;
use crate::requests::{ORDERS, PAGE, SHOP, sized_tenant};
use model::seed;
use model::table::{Item, Record, to_item};
use std::ops::Range;

/// Items for the table, made one at a time.
pub type Items = Box<dyn Iterator<Item = Item> + Send>;

/// From a plan and the numbers of requests to what these requests ask for.
pub type RoundItems = fn(&Plan, Range<u64>) -> Items;

/// Nothing.
pub(crate) fn none(_: &Plan) -> Items {
    Box::new(std::iter::empty())
}

/// Nothing that depends on the rounds.
pub(crate) fn no_rounds(_: &Plan, _: Range<u64>) -> Items {
    Box::new(std::iter::empty())
}

/// The shop's orders.
pub(crate) fn shop_orders(plan: &Plan) -> Items {
    orders(plan.seed, SHOP, ORDERS)
}

/// The events of the shop's orders.
pub(crate) fn shop_events(plan: &Plan) -> Items {
    let (seed, tenant) = (plan.seed, seed::tenant(SHOP));
    seeded(0..ORDERS, move |n| seed::event(seed, &tenant, n))
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
pub(crate) fn orders(seed: u64, tenant: &str, count: u64) -> Items {
    let tenant = seed::tenant(tenant);
    seeded(0..count, move |n| seed::order(seed, &tenant, n))
}

/// An item for each number.
pub(crate) fn seeded<T: Record>(
    numbers: Range<u64>,
    item: impl Fn(u64) -> T + Send + 'static,
) -> Items {
    let item = move |n| to_item(&item(n)).expect("seeded data has a DynamoDB form");
    Box::new(numbers.map(item))
}
