//! The fault proxy in front of the real engine, and `leaklab dynamo`.

use crate::fixture::{
    Answer, Leaklab, ask, build_programs, dynamo_request, on_engine, origin, signal,
};
use dynamo::Proxy;
use leaklab::run::program;
use measure::Process;
use serde_json::{Value, json};
use tokio::process::Command;
use workload::client::Connection;

/// Calls an operation at a URL.
async fn call(url: &str, operation: &str, body: &Value) -> Answer {
    ask(origin(url), dynamo_request(operation, body.to_string())).await
}

/// A batch of 15 items with 40 kB each.
fn puts(first: usize) -> Value {
    let text = "x".repeat(40_000);
    let put = |n: usize| {
        let (pk, sk) = (format!("p{n}"), format!("s{n}"));
        let item =
            json!({ "pk": { "S": pk }, "sk": { "S": sk }, "t": { "S": text } });
        json!({ "PutRequest": { "Item": item } })
    };
    let puts: Vec<_> = (first..first + 15).map(put).collect();
    json!({ "RequestItems": { "orders": puts } })
}

#[test]
fn the_engine_responds_the_same_with_and_without_the_proxy() {
    let key = json!({ "pk": { "S": "p1" }, "sk": { "S": "s1" } });
    let requests = [
        ("GetItem", json!({ "TableName": "orders", "Key": key })),
        ("Scan", json!({ "TableName": "orders" })),
        ("Scan", json!({ "TableName": "nothing" })),
        ("ListTables", json!({})),
        ("NoOperation", json!({})),
        ("PutItem", json!("no object")),
    ];
    on_engine(async |_, database| {
        let direct = database.target.url();
        let proxy = Proxy::start(direct, Vec::new()).await?;
        // 1.2 MB, so that one page is full.
        for first in [0, 15] {
            let put = call(&proxy.url(), "BatchWriteItem", &puts(first)).await;
            assert_eq!(put.json()["UnprocessedItems"], json!({}));
        }
        let mut longest = 0;
        for (operation, body) in requests {
            let expected = call(direct, operation, &body).await;
            let found = call(&proxy.url(), operation, &body).await;
            let head = |answer: &Answer| (answer.status, answer.kind.clone());
            assert_eq!(head(&found), head(&expected));
            // A message of a megabyte helps nobody.
            assert!(found.json() == expected.json(), "{operation}");
            longest = longest.max(found.body.len());
        }
        assert!(longest > 1_000_000, "no page was full");
        proxy.close().await;
        Ok(())
    });
}

#[tokio::test]
async fn leaklab_dynamo_puts_faults_in_front_of_its_engine() {
    build_programs();
    let program = program("leaklab").unwrap();
    let mut command = Command::new(&program);
    command.args(["dynamo", "--exit-on-stdin-close", "--listen", "127.0.0.1:0"]);
    command.args(["--fault", "ListTables:error=503/ServiceUnavailable@1/2"]);
    command.args(["--fault", "Scan:silence"]);
    let name = "the engine";
    let engine = Process::start(name, &program, command).await.unwrap();
    let url = format!("http://{}", engine.address());
    for status in [503, 200, 503] {
        assert_eq!(call(&url, "ListTables", &json!({})).await.status, status);
    }
    // A request that waits does not hold the process.
    let mut connection = Connection::open(origin(&url)).await.unwrap();
    let silent = connection.send(dynamo_request("Scan", "{}"));
    let (response, ()) = tokio::join!(silent, engine.stop());
    assert!(response.is_err());
}

#[test]
fn leaklab_dynamo_stops_its_engine_and_names_one_that_dies() {
    let faults: [&[&str]; 2] = [&[], &["--fault", "*:silence"]];
    for fault in faults {
        let interrupted = |act: fn(u32, u32)| {
            let run = Leaklab::new(&["dynamo", "--listen", "127.0.0.1:0"]);
            run.args(fault).interrupted_when("leaklab-engine", act)
        };
        let stopped = interrupted(|leaklab, _| signal("INT", leaklab));
        stopped.code(0).leaves_nothing();
        let broken = interrupted(|_, engine| signal("KILL", engine));
        broken.code(3).says(&["embedded engine", "SIGKILL"]).leaves_nothing();
    }
}
