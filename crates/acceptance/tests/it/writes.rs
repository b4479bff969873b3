//! Accepted work is done, or its client was refused: duplicates, repeats, outages, stops.

use crate::between::{Deed, Held, each_twin_behind};
use crate::dropped::{item, soon};
use crate::logged::Logged;
use crate::orders::{ORDER, confirm, draft, event, payment};
use acceptance::{Served, each_twin, get, post, signal};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

async fn accepted(served: &Served<'_>, sequences: impl IntoIterator<Item = u64>) {
    for sequence in sequences {
        served.expect(202, event(sequence)).await;
    }
}

/// Waits until these events are in the table.
async fn written(served: &Served<'_>, sequences: impl IntoIterator<Item = u64>) {
    let all = async {
        for sequence in sequences {
            let sk = format!("EVENT#scan#dock-1#{sequence:012}");
            let pk = format!("EVENTS#shop#{ORDER}");
            while item(served, &pk, &sk).await.is_null() {
                tokio::task::yield_now().await;
            }
        }
    };
    soon(all).await;
}

#[test]
fn an_event_that_is_sent_again_takes_no_other_one_with_it() {
    each_twin_behind(async |served, between| {
        // The first call waits in a line, so that the others share a batch.
        let calls = AtomicU64::new(0);
        between.rule(move |_, _| match calls.fetch_add(1, Relaxed) {
            0 => Deed::Answer(500, "{}".to_owned()),
            _ => Deed::Pass,
        });
        accepted(served, [0, 1, 2, 1, 3, 1, 4, 4, 4, 5]).await;
        written(served, 0..=5).await;
    });
}

/// What DynamoDB says of a table that throttles.
fn throttled() -> Deed {
    let kind =
        "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    Deed::Answer(400, json!({ "__type": kind, "message": "slow down" }).to_string())
}

fn refused() -> Deed {
    let kind = "com.amazon.coral.validate#ValidationException";
    Deed::Answer(400, json!({ "__type": kind, "message": "no" }).to_string())
}

/// DynamoDB's answer if it has done nothing of a batch.
fn unprocessed(body: &str) -> Deed {
    let call: Value = serde_json::from_str(body).unwrap();
    let answer = json!({ "UnprocessedItems": call["RequestItems"] });
    Deed::Answer(200, answer.to_string())
}

#[test]
fn accepted_events_outlast_an_outage_of_the_table() {
    each_twin_behind(async |served, between| {
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        between.rule(move |_, body| match counted.fetch_add(1, Relaxed) % 3 {
            0 => throttled(),
            1 => unprocessed(body),
            _ => Deed::Answer(500, "{}".to_owned()),
        });
        accepted(served, 0..60).await;
        let failed = async {
            while calls.load(Relaxed) < 12 {
                tokio::task::yield_now().await;
            }
        };
        soon(failed).await;
        between.pass();
        written(served, 0..60).await;
    });
}

#[test]
fn a_stop_names_the_events_that_it_could_not_write_and_fails() {
    each_twin_behind(async |served, between| {
        let twin = Logged::beside(served, between.url(), &[]);
        between.rule(|operation, _| match operation {
            "BatchWriteItem" => throttled(),
            _ => Deed::Pass,
        });
        for sequence in 0..40 {
            assert_eq!(twin.ask(event(sequence)).await.status, 202);
        }
        let (code, log) = twin.stop().await;
        assert_eq!(code, Some(4), "{log}");
        for sequence in 0..40 {
            let name =
                format!("EVENTS#shop#{ORDER} EVENT#scan#dock-1#{sequence:012}");
            let named = log.lines().filter(|line| line.contains(&name)).count();
            assert_eq!(named, 1, "{name} in:\n{log}");
        }
        assert!(!log.contains("dented"), "the log has what an event says:\n{log}");
    });
}

#[test]
fn only_what_dynamodb_never_takes_is_given_up_by_name() {
    each_twin_behind(async |served, between| {
        let twin = Logged::beside(served, between.url(), &[]);
        let wrong = "scan#dock-1#000000000007";
        between.rule(move |_, body| match body.contains(wrong) {
            true => refused(),
            false => Deed::Pass,
        });
        for sequence in 0..20 {
            assert_eq!(twin.ask(event(sequence)).await.status, 202);
        }
        written(served, (0..20).filter(|n| *n != 7)).await;
        let (code, log) = twin.stop().await;
        assert_eq!(code, Some(4), "{log}");
        let given_up = log.lines().filter(|line| line.contains("given up"));
        let given_up: Vec<_> = given_up.collect();
        assert!(matches!(given_up[..], [line] if line.contains(wrong)), "{log}");
    });
}

#[test]
fn an_order_that_is_sent_again_changes_nothing() {
    each_twin(&[], async |served| {
        let place = async |draft: &Value| served.ask(post("/orders", draft)).await;
        let order = draft("new-1");
        let first = place(&order).await;
        assert_eq!(first.status, 201, "{}", first.text());
        assert_eq!(place(&order).await, first);
        let mut other = order.clone();
        other["customer"] = json!("somebody else");
        assert_eq!(place(&other).await.status, 409);
        served.expect(200, confirm("new-1")).await;
        // A retry that comes late.
        assert_eq!(place(&order).await, first);
        assert_eq!(place(&other).await.status, 409);
        let stored = item(served, "TENANT#shop", "ORDER#new-1").await;
        assert_eq!(stored["status"]["S"], "confirmed");
        assert_eq!(stored["customer"]["S"], order["customer"]);
    });
}

#[test]
fn confirming_again_answers_the_same_and_keeps_the_first_audit_entry() {
    each_twin(&[], async |served| {
        let confirm = async |note: String| {
            let path = format!("/orders/{ORDER}/confirm");
            served.ask(post(&path, json!({ "note": note }))).await
        };
        // All at once, then one more.
        let first = join_all((0..8).map(|n| confirm(format!("clerk {n}")))).await;
        let audit = async || {
            item(served, &format!("EVENTS#shop#{ORDER}"), "EVENT#confirmed").await
        };
        let entry = audit().await;
        let again = confirm("somebody else".to_owned()).await;
        assert_eq!(again.status, 200, "{}", again.text());
        assert!(first.iter().all(|answer| *answer == again), "{first:?}");
        let note = entry["note"]["S"].as_str().unwrap();
        assert!(note.starts_with("clerk"), "{entry}");
        assert_eq!(audit().await, entry);
    });
}

#[test]
fn of_payments_with_one_key_at_once_one_is_recorded() {
    each_twin(&[], async |served| {
        let pay = |n: u64| served.ask(payment("key-1", 500 + n % 4));
        let answers = join_all((0..16).map(pay)).await;
        let recorded = item(served, "PAYMENTS#shop", "PAYMENT#key-1").await;
        let cents = recorded["amount_cents"]["N"].as_str().unwrap();
        for (n, answer) in answers.iter().enumerate() {
            let own = (500 + n % 4).to_string() == cents;
            let expected = if own { 200 } else { 422 };
            assert_eq!(answer.status, expected, "{}", answer.text());
        }
    });
}

#[test]
fn a_stop_finishes_what_was_accepted() {
    each_twin(&[], async |served| {
        let orders: Vec<_> = (0..20).map(model::seed::order_id).collect();
        for order in &orders {
            served.expect(200, confirm(order)).await;
            // Not after the answer, but with it.
            let pk = format!("EVENTS#shop#{order}");
            let audit = item(served, &pk, "EVENT#confirmed").await;
            assert!(audit.is_object(), "the audit of {order} is lost");
        }
        accepted(served, 0..200).await;
        signal("TERM", served.process.id().unwrap());
        let how = served.process.ended().await;
        assert!(how.contains("exit status: 0"), "{how}");
        for order in &orders {
            let list =
                item(served, "TENANT#shop", &format!("PICKING#{order}")).await;
            assert!(list.is_object(), "{order} has no picking list");
        }
        written(served, 0..200).await;
    });
}

#[test]
fn a_confirmation_that_dynamodb_refuses_is_refused_and_leaves_the_order_open() {
    each_twin_behind(async |served, between| {
        between.rule(|operation, _| match operation {
            "TransactWriteItems" => refused(),
            _ => Deed::Pass,
        });
        served.expect(500, confirm(ORDER)).await;
        let order = item(served, "TENANT#shop", &format!("ORDER#{ORDER}")).await;
        assert_eq!(order["status"]["S"], "open");
        let events = format!("EVENTS#shop#{ORDER}");
        assert!(item(served, &events, "EVENT#confirmed").await.is_null());
        between.pass();
        served.expect(200, confirm(ORDER)).await;
    });
}

#[test]
fn a_list_that_could_not_be_made_is_named() {
    each_twin_behind(async |served, between| {
        let twin = Logged::beside(served, between.url(), &[]);
        between.rule(|operation, _| match operation {
            "PutItem" => refused(),
            _ => Deed::Pass,
        });
        assert_eq!(twin.ask(confirm(ORDER)).await.status, 200);
        let (_, log) = twin.stop().await;
        let named =
            |line: &&str| line.contains("no picking list") && line.contains(ORDER);
        assert_eq!(log.lines().filter(named).count(), 1, "{log}");
    });
}

/// Workers share the connections to DynamoDB, and one ends with the worker that opened
/// it: a worker that ends earlier takes the connection of another one's call with it.
#[test]
fn a_worker_that_ends_first_costs_no_other_its_answer() {
    each_twin_behind(async |served, between| {
        let twin = Logged::beside(served, between.url(), &["--workers", "2"]);
        // The workers take turns: the first one opens the connection.
        let look_up = get(&format!("/orders/{ORDER}/status"));
        assert_eq!(twin.ask(look_up).await.status, 200);
        let (held, calls) = (Held::new(true), AtomicU64::new(0));
        let hold = held.clone();
        between.rule(move |_, _| match calls.fetch_add(1, Relaxed) {
            0 => Deed::Hold(hold.clone()),
            _ => Deed::Pass,
        });
        let order = post("/orders", draft("new-1"));
        let stopped = async {
            soon(held.begun()).await;
            assert_eq!(between.connections(), 1, "it has a connection of its own");
            signal("TERM", twin.process());
            // The engine has written the order, and its answer is lost.
            soon(held.left()).await;
        };
        let (placed, ()) = tokio::join!(twin.ask(order), stopped);
        assert_eq!(placed.status, 201, "{}", placed.text());
        let (code, log) = twin.ended().await;
        assert_eq!(code, Some(0), "{log}");
    });
}
