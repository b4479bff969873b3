//! How connections end: endpoints that go, requests that are too large, a proxy that
//! closes.

use crate::endpoint::{Endpoint, TABLES, Wire, request};
use dynamo::Proxy;
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn an_endpoint_that_closes_an_idle_connection_closes_the_clients() {
    let endpoint = Endpoint::serve(TABLES).await;
    let proxy = endpoint.proxy(&[]).await;
    let mut wire = Wire::open(&proxy).await;
    wire.send(&request("GetItem", "{}")).await;
    assert_eq!(wire.response().await.0, "200");
    endpoint.close.cancel();
    assert_eq!(wire.rest().await, b"");
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_a_bad_gateway_with_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let proxy =
        Proxy::start(&format!("http://{address}"), Vec::new()).await.unwrap();
    let mut wire = Wire::open(&proxy).await;
    wire.send(&request("GetItem", "{}")).await;
    let (status, text) = wire.response().await;
    assert_eq!(status, "502");
    assert!(text.contains(&address), "{text}");
}

#[tokio::test]
async fn a_request_larger_than_dynamodb_accepts_is_refused() {
    let endpoint = Endpoint::serve(TABLES).await;
    let proxy = endpoint.proxy(&[]).await;
    let mut wire = Wire::open(&proxy).await;
    wire.send(&request("PutItem", &"x".repeat(32 * 1024 * 1024 + 1))).await;
    assert_eq!(wire.response().await.0, "413");
}

#[tokio::test]
async fn closing_the_proxy_closes_its_listener_and_every_connection() {
    let endpoint = Endpoint::serve(TABLES).await;
    let proxy = endpoint.proxy(&["Scan:silence"]).await;
    let (mut idle, mut silent) =
        (Wire::open(&proxy).await, Wire::open(&proxy).await);
    idle.send(&request("GetItem", "{}")).await;
    assert_eq!(idle.response().await.0, "200");
    silent.send(&request("Scan", "{}")).await;
    while proxy.counted() == 0 {
        tokio::task::yield_now().await;
    }
    let address = proxy.address();
    proxy.close().await;
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(idle.rest().await, b"");
    assert_eq!(silent.rest().await, b"");
}
