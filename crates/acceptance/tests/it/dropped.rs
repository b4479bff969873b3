//! A handler may be dropped wherever it waits, because its client has left. What it wrote
//! until then is whole, and the same request again completes it.

use crate::between::{Between, Deed, Held, each_twin_behind};
use crate::isolation::{ask_for, items_of_the_shop, operations};
use crate::orders::{draft, import, payment};
use crate::raw::{CLOSE, Raw, SOON};
use acceptance::{Served, call, get, post};
use measure::{HeapClient, Instrument};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use workload::Request;

pub(crate) async fn soon<T>(wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, wait).await.expect("it takes too long")
}

/// Sends a request on a connection that can be cut.
async fn sent(served: &Served<'_>, request: &Request) -> TcpStream {
    let length = format!("{CLOSE}content-length: {}\r\n", request.body.len());
    let mut raw = Raw::begin(served, request, &length).await;
    raw.send(&request.body).await;
    raw.0
}

/// Drops the handler of a request, or the stream of its answer, at each of its calls to
/// DynamoDB, before and after the engine has done what the call says. Calls of the
/// operation `later` belong to a job. `request` and `whole` get a number that is new each
/// time; `whole` checks the table, and whether the work is done. Returns the last number:
/// a request that is never dropped takes two.
async fn dropped_everywhere(
    served: &Served<'_>,
    between: &Between,
    later: &'static str,
    request: impl Fn(u64) -> Request,
    whole: impl AsyncFn(u64, bool),
) -> u64 {
    let (mut number, mut late) = (0, 0);
    for done in [false, true] {
        let mut at = 0;
        loop {
            number += 1;
            let (held, calls) = (Held::new(done), Arc::new(AtomicU64::new(0)));
            let (holding, counting) = (held.clone(), calls.clone());
            between.rule(move |operation, _| {
                let own = operation != later;
                match own && counting.fetch_add(1, Relaxed) == at {
                    true => Deed::Hold(holding.clone()),
                    false => Deed::Pass,
                }
            });
            let request = request(number);
            let mut client = sent(served, &request).await;
            let mut answer = Vec::new();
            let answered = tokio::select! {
                _ = client.read_to_end(&mut answer) => true,
                () = soon(held.begun()) => false,
            };
            if answered {
                let text = answer.escape_ascii();
                assert!(answer.starts_with(b"HTTP/1.1 2"), "{text}");
                between.pass();
                whole(number, true).await;
                break;
            }
            client.set_zero_linger().unwrap();
            drop(client);
            soon(held.left()).await;
            // The handler goes when actix sees that its client has.
            soon(async { while in_flight(served).await > 0 {} }).await;
            // On a busy machine the SDK may give the call up before actix sees that the
            // client has left, and the handler goes on. Then this call is held again.
            let dropped = calls.load(Relaxed) == at + 1;
            late += u64::from(!dropped);
            assert!(late < 5, "the handler goes on");
            whole(number, false).await;
            let again = served.ask(request).await;
            assert!(matches!(again.status, 200 | 201 | 204), "{}", again.text());
            whole(number, true).await;
            // The job that it may have started is none of the next request's calls.
            in_flight(served).await;
            at += u64::from(dropped);
        }
    }
    number
}

/// Requests in flight, when nothing changes any more.
async fn in_flight(served: &Served<'_>) -> u64 {
    HeapClient::new(served.origin()).counters_at_rest().await.unwrap().in_flight
}

pub(crate) async fn item(served: &Served<'_>, pk: &str, sk: &str) -> Value {
    served.item("GetItem", pk, sk).await["Item"].clone()
}

#[test]
fn an_order_is_placed_whole_or_not_at_all() {
    each_twin_behind(async |served, between| {
        let id = |n| format!("new-{n}");
        let request = |n| post("/orders", draft(&id(n)));
        let whole = async |n, done: bool| {
            let order =
                item(served, "TENANT#shop", &format!("ORDER#{}", id(n))).await;
            assert!(order.is_null() || order["status"]["S"] == "open", "{order}");
            assert!(!done || order.is_object());
        };
        let drops = dropped_everywhere(served, between, "", request, whole).await;
        assert!(drops > 2, "no handler was dropped");
    });
}

#[test]
fn an_order_is_confirmed_and_audited_or_neither() {
    each_twin_behind(async |served, between| {
        let id = model::seed::order_id;
        let request = |n| {
            let note = json!({ "note": format!("by {n}") });
            post(&format!("/orders/{}/confirm", id(n)), note)
        };
        let whole = async |n, done: bool| {
            let id = id(n);
            let order = item(served, "TENANT#shop", &format!("ORDER#{id}")).await;
            let pk = format!("EVENTS#shop#{id}");
            let audit = item(served, &pk, "EVENT#confirmed").await;
            let confirmed = order["status"]["S"] == "confirmed";
            assert_eq!(audit.is_object(), confirmed, "{id}: {order} {audit}");
            assert!(!done || confirmed, "{id}");
            assert!(!done || audit["note"]["S"] == format!("by {n}"), "{audit}");
        };
        let drops =
            dropped_everywhere(served, between, "PutItem", request, whole).await;
        assert!(drops > 4, "no handler was dropped");
        // The job of a handler that was dropped did not begin; a repeat began it.
        for n in 1..=drops {
            let list = async {
                let sk = format!("PICKING#{}", id(n));
                while item(served, "TENANT#shop", &sk).await.is_null() {
                    served.ask(get("/health")).await;
                }
            };
            soon(list).await;
        }
    });
}

#[test]
fn a_payment_is_recorded_whole_or_not_at_all() {
    each_twin_behind(async |served, between| {
        let request = |n| payment(&format!("key-{n}"), 500 + n);
        let whole = async |n: u64, done: bool| {
            let sk = format!("PAYMENT#key-{n}");
            let payment = item(served, "PAYMENTS#shop", &sk).await;
            let amount = payment["amount_cents"]["N"].as_str();
            assert!(amount.is_none_or(|cents| cents == (500 + n).to_string()));
            assert!(!done || amount.is_some());
        };
        let drops = dropped_everywhere(served, between, "", request, whole).await;
        assert!(drops > 2, "no handler was dropped");
    });
}

/// Lines of an import: new orders of the shop, whose ids begin like this.
pub(crate) fn lines(prefix: &str, count: u64) -> String {
    let shop = model::seed::tenant("shop");
    let line = |n| {
        let mut order = model::seed::order(7, &shop, n);
        order.id = format!("{prefix}-{n}").parse().unwrap();
        json!(order).to_string() + "\n"
    };
    (0..count).map(line).collect()
}

/// How many orders of the shop have such an id.
pub(crate) async fn imported(served: &Served<'_>, prefix: &str) -> u64 {
    let query = json!({
        "TableName": served.database.table.name(),
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
        "ExpressionAttributeValues": {
            ":pk": { "S": "TENANT#shop" }, ":sk": { "S": format!("ORDER#{prefix}-") },
        },
    });
    let url = served.database.target.url();
    call(url, "Query", query).await["Count"].as_u64().unwrap()
}

#[test]
fn an_import_is_repeated_from_wherever_it_ended() {
    // Few enough for actix to read the whole body: it notices that a client has left
    // when it reads, and it does not read what the handler has no room for.
    const LINES: u64 = 30;
    each_twin_behind(async |served, between| {
        let request = |n| import(lines(&format!("imp-{n}"), LINES));
        let whole = async |n, done: bool| {
            let found = imported(served, &format!("imp-{n}")).await;
            assert!(!done || found == LINES, "{found}");
            assert!(found % 25 == 0 || found == LINES, "a part of a batch: {found}");
        };
        let drops = dropped_everywhere(served, between, "", request, whole).await;
        assert!(drops > 4, "no handler was dropped");
    });
}

/// The operation that a handler leaves to a job.
fn left_to_a_job(path: &str) -> &'static str {
    match path {
        "/orders/{id}/confirm" => "PutItem",
        "/orders/{id}/events" => "BatchWriteItem",
        _ => "",
    }
}

#[test]
fn every_operation_is_done_whole_or_not_at_all_and_can_be_repeated() {
    each_twin_behind(async |served, between| {
        let items = async || {
            let mut items = items_of_the_shop(served).await;
            // What jobs write is written later.
            items.retain(|i| !i.contains("PICKING#") && !i.contains("EVENT#scan"));
            items
        };
        let mut without_a_call = BTreeSet::new();
        for operation in operations(served).await {
            let path = operation.path.as_str();
            // A feed does not end, and calls nothing. In leaky, the lines of an order
            // wait for a call that was dropped: that is its lesson.
            let waits = served.name == "leaky" && path == "/orders/{id}/lines";
            if path == "/orders/feed" || waits {
                continue;
            }
            eprintln!("{} {path}", operation.method);
            let before = RefCell::new(items().await);
            let dropped = RefCell::new(None);
            let whole = async |_, done: bool| {
                let now = items().await;
                if !done {
                    dropped.replace(Some(now));
                    return;
                }
                if let Some(dropped) = dropped.take() {
                    let whole = dropped == *before.borrow() || dropped == now;
                    assert!(whole, "{path} did a part of its work");
                }
                before.replace(now);
            };
            let request = |n| ask_for(&operation, n);
            let later = left_to_a_job(path);
            let number =
                dropped_everywhere(served, between, later, request, whole).await;
            if number == 2 {
                without_a_call.insert(path.to_owned());
            }
        }
        let expected = ["/metrics", "/orders/{id}/events"];
        assert_eq!(without_a_call, expected.map(String::from).into());
    });
}
