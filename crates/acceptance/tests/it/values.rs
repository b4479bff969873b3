//! Numbers, texts and lists of clients have ranges, at every way into the service, and
//! within them nothing overflows or needs much memory.

use crate::orders::{confirm, drafted, event, import, order, payment};
use crate::raw::{Raw, head};
use acceptance::{Answer, Served, each_twin, get, post, with};
use measure::{HeapClient, Instrument};
use model::limits::LINES_MAX;
use model::{Quantity, UnitCents, seed};
use serde_json::{Value, json};

/// An order as an import takes it, with one field replaced.
fn with_value(id: &str, field: &str, value: Value) -> Value {
    let mut order = order(id);
    *order.pointer_mut(field).unwrap() = value;
    order
}

async fn place(served: &Served<'_>, order: &Value) -> Answer {
    served.ask(post("/orders", drafted(order.clone()))).await
}

/// A field of an order, and a value that it does not take.
fn refused() -> Vec<(&'static str, Value)> {
    let line = json!(seed::order(7, &seed::tenant("shop"), 1).lines[0]);
    vec![
        ("/id", json!("export")),
        ("/id", json!("feed")),
        ("/id", json!("bestsellers")),
        ("/placed_at", json!("")),
        ("/placed_at", json!("2026-02-30T00:00:00Z")),
        ("/currency", json!("")),
        ("/currency", json!("E".repeat(60_000))),
        ("/customer", json!("c".repeat(101))),
        ("/customer", json!("")),
        ("/lines", json!([])),
        ("/lines", json!(vec![line; LINES_MAX + 1])),
        ("/lines/0/quantity", json!(0)),
        ("/lines/0/quantity", json!(Quantity::MAX + 1)),
        ("/lines/0/quantity", json!(4_294_967_295_u32)),
        ("/lines/0/quantity", json!(1.5)),
        ("/lines/0/quantity", json!(-1)),
        ("/lines/0/unit_cents", json!(UnitCents::MAX + 1)),
        ("/lines/0/title", json!("t".repeat(101))),
        ("/lines/0/sku", json!("")),
    ]
}

#[test]
fn what_is_out_of_range_is_refused_at_the_checkout_and_in_a_file() {
    each_twin(&[], async |served| {
        for (field, value) in refused() {
            let order = with_value("ord-90000001", field, value);
            let imported = served.ask(import(order.to_string())).await;
            for answer in [place(served, &order).await, imported] {
                assert_eq!(answer.status, 400, "{field}: {}", answer.text());
                assert_eq!(answer.kind, "application/problem+json", "{field}");
            }
        }
        let scan = event(1_000_000_000_000);
        let trace = with(get("/orders/ord-00000001/history"), "x-request-id", "a b");
        for request in [payment("key-1", u64::MAX), scan, trace] {
            served.expect(400, request).await;
        }
    });
}

/// The most expensive order, with the longest packing list.
fn largest(id: &str) -> Value {
    let mut line = json!(seed::order(7, &seed::tenant("shop"), 1).lines[0]);
    line["quantity"] = Quantity::MAX.into();
    line["unit_cents"] = UnitCents::MAX.into();
    with_value(id, "/lines", json!(vec![line; LINES_MAX]))
}

#[test]
fn the_largest_orders_have_a_total_on_every_route() {
    const TOTAL: u64 = model::Cents::MAX;
    each_twin(&[], async |served| {
        let placed = place(served, &largest("ord-90000001")).await;
        assert_eq!(placed.json()["total_cents"], TOTAL, "{}", placed.text());
        for n in 2..=20 {
            let id = format!("ord-900000{n:02}");
            assert_eq!(place(served, &largest(&id)).await.status, 201);
        }
        let of = async |path: &str, field: &str| {
            let answer = served.ask(get(path)).await;
            let total = answer.json()[field].as_u64();
            total.unwrap_or_else(|| panic!("{path}: {}", answer.text()))
        };
        let order = "/orders/ord-90000001";
        assert_eq!(of(&format!("{order}/quote"), "goods_cents").await, TOTAL);
        assert_eq!(of("/tenants/shop/summary", "total_cents").await, TOTAL);
        assert_eq!(of("/tenants/shop/report", "total_cents").await, 20 * TOTAL);
        let confirmed = served.ask(confirm("ord-90000001")).await;
        assert_eq!(confirmed.json()["total_cents"], TOTAL);
        let best = served.ask(get("/orders/bestsellers")).await.json();
        assert!(best[0]["pieces"].as_u64().unwrap() >= 20 * 100 * 1_000);
    });
}

/// Readers of a packing list of 40 MB that read nothing.
const READERS: u64 = 30;

/// What each of them may hold: actix's buffers of a connection, the order, a chunk.
const READER_BYTES_MAX: u64 = 256 * 1_024;

#[test]
fn readers_that_do_not_read_hold_little_of_the_longest_packing_list() {
    each_twin(&[], async |served| {
        assert_eq!(place(served, &largest("ord-90000001")).await.status, 201);
        // The first time also opens connections to the database.
        stalled(served).await;
        let rest = served.live_bytes().await;
        let live_bytes = stalled(served).await;
        let most = rest + READERS * READER_BYTES_MAX;
        assert!(live_bytes < most, "{live_bytes} B with {READERS} readers");
        let after = served.live_bytes().await;
        assert!(after < rest + 1_048_576, "{rest} B, then {after} B");
    });
}

/// Live bytes while readers wait with answers that they don't read.
async fn stalled(served: &Served<'_>) -> u64 {
    let plain = "accept-encoding: identity\r\n";
    let list = head("GET /orders/ord-90000001/packing-list", plain);
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(Raw::open(served, &list).await);
    }
    for reader in &readers {
        reader.0.readable().await.unwrap();
    }
    HeapClient::new(served.origin()).counters().await.unwrap().live_bytes
}
