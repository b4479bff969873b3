//! Orders as clients send them.

use model::seed;
use serde_json::{Value, json};

/// An order of the shop's, as an import takes it.
pub(crate) fn order(id: &str) -> Value {
    let mut order = json!(seed::order(7, &seed::tenant("shop"), 1));
    order["id"] = id.into();
    order
}

/// The same order as a checkout sends it.
pub(crate) fn draft(id: &str) -> Value {
    drafted(order(id))
}

/// An order as a checkout sends it: the service adds tenant and status.
pub(crate) fn drafted(mut order: Value) -> Value {
    let fields = order.as_object_mut().unwrap();
    fields.retain(|name, _| !["tenant", "status"].contains(&name.as_str()));
    order
}
