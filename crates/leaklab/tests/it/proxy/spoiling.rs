//! What every fault does, byte by byte.

use super::wire::{Stage, Wire, message, parsed, puts};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::Instant;

/// The body of an answer to [`list`].
const TABLES: &[u8] = br#"{"TableNames":["orders"]}"#;

fn list() -> Vec<u8> {
    message("ListTables", "{}")
}

/// Waits until only the listener is left.
async fn all_free(stage: &Stage) {
    while stage.proxy.tasks() > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_delayed_answer_comes_and_not_before_its_time() {
    let stage = Stage::open(&["ListTables:delay=80"]).await;
    let mut wire = stage.proxied().await;
    let began = Instant::now();
    assert_eq!(wire.call("ListTables", &json!({})).await.body, TABLES);
    assert!(began.elapsed() >= Duration::from_millis(80));
    stage.close().await;
}

#[tokio::test]
async fn a_client_that_gives_up_frees_the_connection() {
    for fault in ["*:silence", "*:delay=3600000", "*:stall=5", "*:slow=1/3600000"] {
        let stage = Stage::open(&[fault]).await;
        let mut wire = stage.proxied().await;
        wire.send(&list()).await;
        while stage.proxy.faulted().is_empty() {
            tokio::task::yield_now().await;
        }
        drop(wire);
        all_free(&stage).await;
        stage.close().await;
    }
}

#[tokio::test]
async fn silence_says_nothing() {
    let stage = Stage::open(&["ListTables:silence"]).await;
    let mut wire = stage.proxied().await;
    wire.send(&list()).await;
    wire.finish().await;
    assert!(wire.rest().await.0.is_empty());
    stage.close().await;
}

#[tokio::test]
async fn a_slow_body_is_whole_and_its_pauses_add_up() {
    let stage = Stage::open(&["ListTables:slow=10/20"]).await;
    let mut wire = stage.proxied().await;
    let began = Instant::now();
    // The second answer finds the connection in order.
    for _ in 0..2 {
        assert_eq!(wire.call("ListTables", &json!({})).await.body, TABLES);
    }
    // Three pieces have two pauses between them.
    assert!(began.elapsed() >= Duration::from_millis(2 * 2 * 20));
    stage.close().await;
}

#[tokio::test]
async fn a_body_stops_after_so_many_bytes_and_always_before_its_last() {
    for action in ["stall", "cut"] {
        for (allowed, expected) in [(0, 0), (7, 7), (1000, TABLES.len() - 1)] {
            let fault = format!("*:{action}={allowed}");
            let stage = Stage::open(&[&fault]).await;
            let mut wire = stage.proxied().await;
            wire.send(&list()).await;
            assert!(wire.head().await.contains("content-length: 25\r\n"));
            assert_eq!(wire.exactly(expected).await, TABLES[..expected], "{fault}");
            // A stalled answer ends with its client.
            if action == "stall" {
                wire.finish().await;
            }
            let (rest, end) = wire.rest().await;
            assert!(rest.is_empty(), "{fault}");
            end.unwrap();
            drop(wire);
            all_free(&stage).await;
            stage.close().await;
        }
    }
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    for fault in ["*:reset", "*:reset=7"] {
        let stage = Stage::open(&[fault]).await;
        let mut wire = stage.proxied().await;
        wire.send(&list()).await;
        let (bytes, end) = wire.rest().await;
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.ends_with('}'), "{text}");
        assert!(fault == "*:reset=7" || text.is_empty(), "{text}");
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
        all_free(&stage).await;
        stage.close().await;
    }
}

#[tokio::test]
async fn an_error_has_dynamodbs_form_and_keeps_the_connection() {
    let stage = Stage::open(&[
        "ListTables:error=400/ThrottlingException",
        "Scan:error=500/InternalServerError",
    ])
    .await;
    let mut wire = stage.proxied().await;
    for (operation, status, kind) in [
        ("ListTables", "400", "com.amazon.coral.availability#ThrottlingException"),
        ("Scan", "500", "com.amazonaws.dynamodb.v20120810#InternalServerError"),
    ] {
        let answer = wire.call(operation, &json!({ "TableName": "orders" })).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json()["__type"], kind);
        let kind = "content-type: application/x-amz-json-1.0\r\n";
        assert!(answer.head.contains(kind));
        let id = answer.head.split("x-amzn-RequestId: ").nth(1).unwrap();
        assert_eq!(id.lines().next().unwrap().len(), 52, "{id}");
    }
    stage.close().await;
}

#[tokio::test]
async fn the_engine_sees_a_cut_write_and_no_refused_one() {
    for (fault, items) in [("PutItem:cut=0", 1), ("PutItem:reset", 0)] {
        let stage = Stage::open(&[fault]).await;
        let mut wire = stage.proxied().await;
        let put = &puts(1, 1, 1)["RequestItems"]["orders"][0]["PutRequest"]["Item"];
        let put = json!({ "TableName": "orders", "Item": put }).to_string();
        wire.send(&message("PutItem", &put)).await;
        let _ = wire.rest().await;
        assert_eq!(stage.items().await, items, "{fault}");
        stage.close().await;
    }
}

fn keys(count: usize) -> Value {
    let key = |n: usize| {
        let (pk, sk) = (format!("p{n}"), format!("s{n}"));
        json!({ "pk": { "S": pk }, "sk": { "S": sk } })
    };
    let keys: Vec<_> = (0..count).map(key).collect();
    json!({ "RequestItems": { "orders": { "Keys": keys, "ConsistentRead": true } } })
}

#[tokio::test]
async fn a_batch_comes_back_in_part_and_the_engine_has_the_rest() {
    let stage = Stage::open(&["*:unprocessed=40"]).await;
    let mut wire = stage.proxied().await;
    let request = puts(0, 25, 10);
    let answer = wire.call("BatchWriteItem", &request).await.json();
    let rest = answer["UnprocessedItems"]["orders"].as_array().unwrap();
    let all = request["RequestItems"]["orders"].as_array().unwrap();
    assert_eq!(rest[..], all[15..]);
    assert_eq!(stage.items().await, 15);

    let answer = wire.call("BatchGetItem", &keys(10)).await.json();
    assert_eq!(answer["Responses"]["orders"].as_array().unwrap().len(), 6);
    let rest = &answer["UnprocessedKeys"]["orders"];
    assert_eq!(rest["Keys"].as_array().unwrap().len(), 4);
    assert_eq!(rest["ConsistentRead"], true);

    // Who sends the rest again comes to an end.
    let (mut left, mut calls) = (request["RequestItems"].clone(), 0);
    while left != json!({}) {
        let again = json!({ "RequestItems": left });
        left = wire.call("BatchWriteItem", &again).await.json()["UnprocessedItems"]
            .clone();
        calls += 1;
    }
    assert!(calls > 1);
    assert_eq!(stage.items().await, 25);
    stage.close().await;
}

#[tokio::test]
async fn a_batch_can_come_back_whole() {
    let stage = Stage::open(&["BatchWriteItem:unprocessed=100"]).await;
    let mut wire = stage.proxied().await;
    let request = puts(0, 3, 10);
    let answer = wire.call("BatchWriteItem", &request).await.json();
    assert_eq!(answer["UnprocessedItems"], request["RequestItems"]);
    assert_eq!(stage.items().await, 0);
    // The engine says what it thinks of what is no batch.
    let wrong = wire.call("BatchWriteItem", &json!({ "RequestItems": 1 })).await;
    assert_eq!(wrong.status(), "400");
    assert_eq!(stage.proxy.faulted()["BatchWriteItem"], 1);
    assert_eq!(stage.proxy.seen()["BatchWriteItem"], 2);
    stage.close().await;
}

async fn statuses(wire: &mut Wire, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..count {
        let answer = wire.call("ListTables", &json!({})).await;
        found.push(answer.status().to_owned());
    }
    found
}

#[tokio::test]
async fn rules_are_counted_and_can_be_replaced_at_any_time() {
    let fault = ["ListTables:error=500/InternalServerError@1/3"];
    let stage = Stage::open(&fault).await;
    let mut wire = stage.proxied().await;
    assert_eq!(statuses(&mut wire, 4).await, ["500", "200", "200", "500"]);
    stage.proxy.set(parsed(&fault));
    assert_eq!(statuses(&mut wire, 2).await, ["500", "200"]);
    stage.proxy.set(Vec::new());
    assert_eq!(statuses(&mut wire, 3).await, ["200", "200", "200"]);
    assert_eq!(stage.proxy.seen(), [("ListTables", 9)].into());
    assert_eq!(stage.proxy.faulted(), [("ListTables", 3)].into());
    stage.close().await;
}
