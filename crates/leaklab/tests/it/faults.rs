//! What breaks on the way: one line that names it, the right code, nothing left.

use crate::fixture::{Leaklab, call, signal};
use dynamo::{Connection, Target};
use leaklab::run::{Database, EngineChoice};
use std::io::{Read, Write};
use std::net::TcpListener;

/// An engine that plays the user's own.
async fn engine() -> (Database, String) {
    crate::fixture::build_programs();
    let database =
        Database::open(&EngineChoice::Embedded, "external").await.unwrap();
    let url = database.target.url().to_owned();
    (database, url)
}

fn compare_at(url: &str, more: &[&str]) -> Leaklab {
    let run = ["c01", "--endpoint-url", url];
    Leaklab::compare(&[&run[..], more].concat())
        .without_aws()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
}

async fn tables(url: &str) -> Vec<String> {
    let answer = call(url, "ListTables", "{}").await;
    serde_json::from_value(answer["TableNames"].clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_own_engine_gets_its_tables_back_as_they_were() {
    let (database, url) = engine().await;
    let before = tables(&url).await;
    let done =
        compare_at(&url, &["--format", "json"]).run().code(0).leaves_nothing();
    assert_eq!(done.json()["environment"]["engine"], url);
    assert_eq!(tables(&url).await, before);
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_the_users_own_is_used_and_kept() {
    let (database, url) = engine().await;
    let target = Target::Embedded { url: url.clone() };
    let connection = Connection::open(&target).await;
    let name = "mine-c01_client_clones-fixed";
    dynamo::Table::open(&connection, name).await.unwrap();
    let done =
        compare_at(&url, &["--table-prefix", "mine-", "--twin", "fixed"]).run();
    done.code(0);
    assert!(tables(&url).await.contains(&name.to_owned()));
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_another_schema_is_named_and_kept() {
    let (database, url) = engine().await;
    let name = "other-c01_client_clones-leaky";
    let schema = serde_json::json!({
        "TableName": name,
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "N" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    call(&url, "CreateTable", &schema.to_string()).await;
    let done = compare_at(&url, &["--table-prefix", "other-"]).run();
    done.code(3).says(&[name, "another schema", "--table-prefix"]).leaves_nothing();
    assert!(tables(&url).await.contains(&name.to_owned()));
    database.close().await.unwrap();
}

#[test]
fn an_endpoint_where_nobody_listens_is_named() {
    let port =
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    compare_at(&url, &[])
        .run()
        .code(3)
        .says(&[&url, "--endpoint-url"])
        .leaves_nothing();
}

#[test]
fn an_endpoint_that_is_no_url_is_wrong_usage() {
    for text in ["127.0.0.1:8000", "ftp://127.0.0.1", "http://"] {
        let done = Leaklab::compare(&["c01", "--endpoint-url", text]).run().code(2);
        assert!(done.stderr().contains("--endpoint-url"), "{}", done.stderr());
    }
}

#[test]
fn an_endpoint_that_is_no_dynamodb_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(|| answer_as_a_web_page(stream));
        }
    });
    compare_at(&url, &[])
        .run()
        .code(3)
        .says(&[&url, "--endpoint-url"])
        .leaves_nothing();
}

fn answer_as_a_web_page(mut stream: std::net::TcpStream) {
    let mut request = [0; 4096];
    while matches!(stream.read(&mut request), Ok(n) if n > 0) {
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>";
        if stream.write_all(page.as_bytes()).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_credentials_are_named_with_the_cure() {
    let (database, url) = engine().await;
    let run = ["compare", "c01", "--endpoint-url", &url];
    let done = Leaklab::new(&run).without_aws().run();
    done.code(3).says(&["credentials", "AWS_ACCESS_KEY_ID"]);
    database.close().await.unwrap();
}

#[test]
fn a_twin_that_dies_half_way_is_the_named_cause() {
    let done = Leaklab::compare(&["l11"])
        .interrupted_when("fixed", |_, twin| signal("KILL", twin));
    done.code(3).says(&["fixed", "SIGKILL"]).leaves_nothing();
}

#[test]
fn an_engine_that_dies_half_way_is_the_named_cause() {
    let done = Leaklab::compare(&["l11", "--twin", "leaky"])
        .interrupted_when("leaklab-engine", |_, engine| signal("KILL", engine));
    done.code(3).says(&["embedded engine", "SIGKILL"]).leaves_nothing();
}

#[test]
fn an_interrupt_stops_everything_and_keeps_finished_profiles() {
    let done = Leaklab::compare(&["c01", "c02", "c03", "c04"]);
    let profiles = done.out_folder().join("profiles");
    let done = done.interrupted_when("leaky", |driver, _| {
        // The first lesson's profiles are there; the last has not begun.
        let both = ["leaky", "fixed"]
            .map(|t| profiles.join(format!("c01_client_clones.{t}.json")));
        while !both.iter().all(|file| file.exists()) {
            std::thread::yield_now();
        }
        signal("INT", driver);
    });
    let done = done.code(130).says(&["interrupted"]).leaves_nothing();
    assert!(done.out().join("profiles/c01_client_clones.leaky.json").exists());
    assert!(!done.out().join("comparison.json").exists());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let done = Leaklab::new(&["dynamo", "--listen", &address]).run();
    done.code(3).says(&[&address, "--listen"]);
    let done = Leaklab::new(&["serve", "fixed", "--listen", &address]).run();
    done.code(3).says(&[&address, "--listen"]).leaves_nothing();
}
