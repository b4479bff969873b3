//! How connections end: wrong requests, engines that go, a proxy that is dropped.

use super::wire::{Odd, Stage, Wire, head};
use dynamo::{Proxy, ProxyError};
use serde_json::json;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_request_that_is_none_is_refused_and_the_connection_ends() {
    let stage = Stage::open(&[]).await;
    let length = |fields: &str| head("GetItem", fields);
    for (request, status) in [
        ("no HTTP at all\r\n\r\n".to_owned(), "400"),
        ("\u{0}\u{1}\u{2}\r\n".to_owned(), "400"),
        (length("content-length: 1\r\ncontent-length: 2\r\n"), "400"),
        (length("content-length: x\r\n"), "400"),
        (length("transfer-encoding: chunked\r\n") + "xyz\r\n", "400"),
        (length("content-length: 99999999999\r\n"), "413"),
        (length(&format!("a: {}\r\n", "b".repeat(70_000))), "431"),
        (length(&"a: b\r\n".repeat(200)), "431"),
    ] {
        let mut wire = stage.proxied().await;
        wire.send(request.as_bytes()).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status(), status, "{request:.300}");
        assert!(answer.json()["message"].as_str().unwrap().contains("request"));
        let (rest, end) = wire.rest().await;
        assert!(rest.is_empty());
        end.unwrap();
    }
    assert!(stage.proxy.seen().is_empty());
    stage.close().await;
}

#[tokio::test]
async fn an_engine_that_is_gone_is_a_bad_gateway() {
    let stage = Stage::open(&[]).await;
    let Stage { database, proxy } = stage;
    database.close().await.unwrap();
    let mut wire = Wire::open(&proxy.url()).await;
    let answer = wire.call("ListTables", &json!({})).await;
    assert_eq!(answer.status(), "502");
    assert!(answer.json()["message"].as_str().unwrap().contains("127.0.0.1:"));
    assert!(wire.rest().await.0.is_empty());
}

#[tokio::test]
async fn an_engine_that_ends_an_idle_connection_ends_the_clients() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    let odd = Odd::serve(answer, 1000, true).await;
    let proxy = Proxy::start(&odd.url, Vec::new()).await.unwrap();
    let mut wire = Wire::open(&proxy.url()).await;
    wire.send(head("GetItem", "").as_bytes()).await;
    assert_eq!(wire.rest().await.0, answer);
}

#[tokio::test]
async fn what_is_no_answer_is_a_bad_gateway() {
    let odd = Odd::serve(b"SSH-2.0-OpenSSH\r\n\r\n", 1000, true).await;
    let proxy = Proxy::start(&odd.url, Vec::new()).await.unwrap();
    let mut wire = Wire::open(&proxy.url()).await;
    wire.send(head("GetItem", "").as_bytes()).await;
    assert_eq!(wire.answer().await.status(), "502");
}

#[tokio::test]
async fn dropping_the_proxy_closes_everything() {
    let stage = Stage::open(&["GetItem:silence"]).await;
    let (mut idle, mut held) = (stage.proxied().await, stage.proxied().await);
    idle.call("ListTables", &json!({})).await;
    held.send(&super::wire::message("GetItem", "{}")).await;
    while !stage.proxy.faulted().contains_key("GetItem") {
        tokio::task::yield_now().await;
    }
    let Stage { database, proxy } = stage;
    let address = proxy.address();
    drop(proxy);
    for wire in [&mut idle, &mut held] {
        assert!(wire.rest().await.0.is_empty());
    }
    // Dropping does not wait for the listener's end, which comes by itself.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_closed_proxy_refuses_connections_at_once() {
    let stage = Stage::open(&[]).await;
    let mut wire = stage.proxied().await;
    let address = stage.proxy.address();
    stage.close().await;
    assert!(TcpStream::connect(address).await.is_err());
    assert!(wire.rest().await.0.is_empty());
}

#[tokio::test]
async fn https_is_refused_and_says_why() {
    let url = "https://dynamodb.us-east-1.amazonaws.com";
    let error = Proxy::start(url, Vec::new()).await.unwrap_err();
    assert!(matches!(error, ProxyError::Https(_)));
    assert!(error.to_string().contains(url), "{error}");
}
