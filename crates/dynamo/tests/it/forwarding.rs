//! Requests and responses pass unchanged unless a fault applies.

use crate::endpoint::{Endpoint, TABLES, Wire, parsed, request, tasks};

#[tokio::test]
async fn requests_and_responses_pass_byte_for_byte_on_one_connection() {
    let endpoint = Endpoint::serve(TABLES).await;
    let proxy = endpoint.proxy(&[]).await;
    let mut wire = Wire::open(&proxy).await;
    let sent = [
        request("GetItem", "{ \"Key\" : 1 }\r\n"),
        request("NoOperation", ""),
        request("GetItem", &"x".repeat(1_000_000)),
    ];
    for bytes in &sent {
        wire.send(bytes).await;
        assert_eq!(wire.response().await.1, TABLES);
    }
    assert!(endpoint.received() == [sent], "a request has changed");
}

#[tokio::test]
async fn each_client_has_one_connection_to_the_endpoint_as_long_as_it_stays() {
    const CLIENTS: usize = 50;
    let endpoint = Endpoint::serve(TABLES).await;
    let proxy = endpoint.proxy(&[]).await;
    let mut wires = Vec::new();
    for _ in 0..CLIENTS {
        let mut wire = Wire::open(&proxy).await;
        wire.send(&request("ListTables", "{}")).await;
        wires.push(wire);
    }
    for wire in &mut wires {
        assert_eq!(wire.response().await.0, "200");
    }
    assert_eq!(endpoint.received().len(), CLIENTS);
    assert_eq!(proxy.tasks(), 1 + 2 * CLIENTS);
    drop(wires);
    tasks(&proxy, 1).await;
}

#[tokio::test]
async fn faults_can_be_replaced_while_the_proxy_runs() {
    let endpoint = Endpoint::serve(TABLES).await;
    let proxy = endpoint.proxy(&["Scan:error=503/ServiceUnavailable@1/2"]).await;
    let mut wire = Wire::open(&proxy).await;
    let mut statuses = Vec::new();
    for faults in
        [None, Some("*:error=400/ThrottlingException@2/3"), Some("Query:silence")]
    {
        if let Some(fault) = faults {
            proxy.set(parsed(&[fault]));
        }
        for _ in 0..3 {
            wire.send(&request("Scan", "{}")).await;
            statuses.push(wire.response().await.0);
        }
    }
    assert_eq!(statuses.join(" "), "503 200 503 400 400 200 200 200 200");
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_along() {
    for fault in ["*:silence", "*:delay=3600000"] {
        let endpoint = Endpoint::serve(TABLES).await;
        let proxy = endpoint.proxy(&[fault]).await;
        let mut wire = Wire::open(&proxy).await;
        wire.send(&request("GetItem", "{}")).await;
        while proxy.counted() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(proxy.tasks(), 2, "{fault}");
        drop(wire);
        tasks(&proxy, 1).await;
        assert!(endpoint.received().is_empty(), "{fault}");
    }
}
