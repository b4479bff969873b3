//! Picking lists: what the warehouse takes from its shelves for an order.

use crate::table::{Item, Record, key, s, tenant_pk};
use crate::{Name, Order, OrderId, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The picking list of an order. It is derived from the order alone, so that making it
/// again gives the same list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PickingList {
    /// Owner of the order.
    pub tenant: TenantId,
    /// The order.
    pub order: OrderId,
    /// What to take, by article number.
    pub picks: Vec<Pick>,
}

/// An article of a picking list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pick {
    /// Article number.
    pub sku: Name,
    /// How many, for all lines of the order.
    pub pieces: u64,
}

impl From<Order> for PickingList {
    fn from(order: Order) -> Self {
        let mut pieces = BTreeMap::<_, u64>::new();
        for line in Vec::from(order.lines) {
            *pieces.entry(line.sku).or_default() += line.quantity.get();
        }
        let picks = pieces.into_iter().map(|(sku, pieces)| Pick { sku, pieces });
        Self { tenant: order.tenant, order: order.id, picks: picks.collect() }
    }
}

impl Record for PickingList {
    const NAME: &'static str = "picking list";
    fn keys(&self) -> Item {
        key(tenant_pk(&self.tenant), s(format!("PICKING#{}", self.order)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{seed, table};

    #[test]
    fn lines_of_one_article_are_picked_together() {
        let mut order = seed::order(7, &seed::tenant("t-1"), 3);
        let line = order.lines[0].clone();
        order.lines = vec![line.clone(), line.clone()].try_into().unwrap();
        let list = PickingList::from(order);
        let pieces = 2 * line.quantity.get();
        assert_eq!(list.picks, [Pick { sku: line.sku, pieces }]);
        let stored = table::to_item(&list).unwrap();
        assert_eq!(table::from_item::<PickingList>(stored).unwrap(), list);
    }
}
