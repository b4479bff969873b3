//! Without a rule the proxy changes nothing.

use super::wire::{Odd, Stage, Wire, head, message, puts};
use dynamo::Proxy;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;

#[tokio::test]
async fn answers_are_the_same_bytes_with_and_without_the_proxy() {
    let stage = Stage::open(&[]).await;
    let (mut direct, mut proxied) = (stage.direct().await, stage.proxied().await);
    // 1.2 MB, so that one page is full.
    for first in [0, 15] {
        let answer = proxied.call("BatchWriteItem", &puts(first, 15, 40_000)).await;
        assert_eq!(answer.json()["UnprocessedItems"], json!({}));
    }
    let key = json!({ "pk": { "S": "p1" }, "sk": { "S": "s1" } });
    let calls = [
        ("GetItem", json!({ "TableName": "orders", "Key": key })),
        ("Scan", json!({ "TableName": "orders" })),
        ("Scan", json!({ "TableName": "nothing" })),
        ("ListTables", json!({})),
        ("NoOperation", json!({})),
        ("PutItem", json!("no object")),
    ];
    let mut longest = 0;
    for (operation, body) in &calls {
        let expected = direct.call(operation, body).await;
        let found = proxied.call(operation, body).await;
        // A message of a megabyte helps nobody.
        assert!(found.lasting() == expected.lasting(), "{operation}");
        longest = longest.max(found.body.len());
    }
    assert!(longest > 1_000_000, "no page was full");
    let seen = stage.proxy.seen();
    assert_eq!((seen["Scan"], seen["BatchWriteItem"]), (2, 2));
    assert_eq!(seen[dynamo::proxy::OTHER_OPERATION], 1);
    assert!(stage.proxy.faulted().is_empty());
    stage.close().await;
}

#[tokio::test]
async fn two_hundred_connections_are_served_at_once() {
    const CONNECTIONS: usize = 200;
    let stage = Stage::open(&[]).await;
    let barrier = Arc::new(Barrier::new(CONNECTIONS + 1));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut wire = stage.proxied().await;
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            for _ in 0..3 {
                let answer = wire.call("ListTables", &json!({})).await;
                assert_eq!(answer.json()["TableNames"], json!(["orders"]));
            }
            barrier.wait().await;
            wire
        });
    }
    barrier.wait().await;
    let wires = tasks.join_all().await;
    assert_eq!(stage.proxy.tasks(), 1 + CONNECTIONS);
    assert_eq!(stage.proxy.seen()["ListTables"], 3 * CONNECTIONS as u64);
    drop(wires);
    while stage.proxy.tasks() > 1 {
        tokio::task::yield_now().await;
    }
    stage.close().await;
}

#[tokio::test]
async fn answers_end_where_they_end_in_whatever_pieces_they_come() {
    let chunked: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\nA;a=b\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n";
    let early: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n\
        HTTP/1.1 200 OK\r\ncontent-LENGTH: 3\r\n\r\nabc";
    let empty: &[u8] = b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n";
    for answer in [chunked, early, empty] {
        for piece in [1, 2, 3, 7, 1000] {
            let odd = Odd::serve(answer, piece, false).await;
            let proxy = Proxy::start(&odd.url, Vec::new()).await.unwrap();
            let mut wire = Wire::open(&proxy.url()).await;
            for _ in 0..3 {
                wire.send(head("GetItem", "").as_bytes()).await;
                assert_eq!(wire.exactly(answer.len()).await, answer, "{piece}");
            }
            // All of it on one connection, at the other end, too.
            assert_eq!(odd.connections.load(Ordering::SeqCst), 1);
            proxy.close().await;
            assert_eq!(wire.rest().await.0, b"");
        }
    }
}

#[tokio::test]
async fn an_answer_may_end_with_its_connection() {
    let answer = b"HTTP/1.1 200 OK\r\nX-Odd: 1\r\n\r\nall that comes";
    for piece in [1, 5, 1000] {
        let odd = Odd::serve(answer, piece, true).await;
        let proxy = Proxy::start(&odd.url, Vec::new()).await.unwrap();
        let mut wire = Wire::open(&proxy.url()).await;
        wire.send(head("GetItem", "").as_bytes()).await;
        let (bytes, end) = wire.rest().await;
        assert_eq!(bytes, answer);
        end.unwrap();
    }
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let odd = Odd::serve(answer, 1000, false).await;
    let proxy = Proxy::start(&odd.url, Vec::new()).await.unwrap();
    let mut wire = Wire::open(&proxy.url()).await;
    for _ in 0..2 {
        wire.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(wire.exactly(answer.len()).await, answer);
    }
    assert_eq!(proxy.seen()[dynamo::proxy::NO_OPERATION], 2);
}

#[tokio::test]
async fn requests_come_in_chunks_ahead_of_time_and_after_a_word() {
    let stage = Stage::open(&[]).await;
    let mut wire = stage.proxied().await;
    let list = head("ListTables", "Transfer-Encoding: chunked\r\n");
    wire.send(format!("{list}1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n").as_bytes()).await;
    let first = wire.answer().await;
    assert_eq!(first.json()["TableNames"], json!(["orders"]));

    let two = [message("ListTables", "{}"), message("ListTables", "{}")].concat();
    wire.send(&two).await;
    for _ in 0..2 {
        assert_eq!(wire.answer().await.body, first.body);
    }

    let fields = "Expect: 100-continue\r\nContent-Length: 2\r\n";
    wire.send(head("ListTables", fields).as_bytes()).await;
    let word = b"HTTP/1.1 100 Continue\r\n\r\n";
    assert_eq!(wire.exactly(word.len()).await, word);
    wire.send(b"{}").await;
    assert_eq!(wire.answer().await.body, first.body);
    stage.close().await;
}

#[tokio::test]
async fn the_engine_sees_the_request_as_it_was_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let proxy = Proxy::start(&url, Vec::new()).await.unwrap();
    let mut wire = Wire::open(&proxy.url()).await;
    let request = message("GetItem", "{\"Key\" : 1}");
    wire.send(&request).await;
    // The client has nothing more to say and still waits for its answer.
    wire.finish().await;
    let (mut engine, _) = listener.accept().await.unwrap();
    let mut seen = Vec::new();
    engine.read_to_end(&mut seen).await.unwrap();
    assert_eq!(seen, request);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    engine.write_all(answer).await.unwrap();
    assert_eq!(wire.exactly(answer.len()).await, answer);
}
