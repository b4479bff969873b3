//! Orders as clients send them.

use acceptance::{post, request};
use model::seed;
use serde_json::{Value, json};
use std::fmt::Display;
use workload::Request;

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

/// One that the shop has.
pub(crate) const ORDER: &str = "ord-00000001";

/// A payment of it.
pub(crate) fn payment(key: &str, amount_cents: u64) -> Request {
    let charge = json!({ "order": ORDER, "amount_cents": amount_cents });
    post("/payments", charge).header("idempotency-key", key)
}

/// A scanner's event of it.
pub(crate) fn event(sequence: u64) -> Request {
    let event =
        json!({ "sequence": sequence, "station": "dock-1", "note": "dented" });
    post(&format!("/orders/{ORDER}/events"), event)
}

/// A clerk's confirmation of an order.
pub(crate) fn confirm(id: impl Display) -> Request {
    post(&format!("/orders/{id}/confirm"), "{}")
}

/// An import of this file, which has an order a line.
pub(crate) fn import(file: impl Into<String>) -> Request {
    request("POST", "/orders/import").body("application/x-ndjson", file)
}
