//! What breaks on the way: one line that names it, the right code, nothing left.

use crate::fixture::{
    CONTROL, Leaklab, build_programs, call, on_engine, signal, signal_twice,
};
use dynamo::{Connection, Table, Target};
use leaklab::run::engine;
use serde_json::json;
use std::net::TcpListener;

/// Tests against an engine that plays the user's own.
fn on_own_engine(test: impl AsyncFnOnce(&str)) {
    on_engine(async |_, database| {
        test(database.target.url()).await;
        Ok(())
    });
}

fn compare_at(url: &str, more: &[&str]) -> Leaklab {
    Leaklab::compare(&[CONTROL, "--endpoint-url", url])
        .args(more)
        .without_aws()
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
}

async fn tables(url: &str) -> Vec<String> {
    let answer = call(url, "ListTables", "{}").await;
    serde_json::from_value(answer["TableNames"].clone()).unwrap()
}

#[test]
fn a_users_own_engine_gets_its_tables_back_as_they_were() {
    on_own_engine(async |url| {
        let before = tables(url).await;
        let done = compare_at(url, &["--format", "json"]).run().code(0);
        let done = done.leaves_nothing();
        assert_eq!(done.json()["environment"]["engine"], url);
        assert_eq!(tables(url).await, before);
    });
}

#[test]
fn a_table_of_the_users_own_is_used_and_kept() {
    on_own_engine(async |url| {
        let target = Target::Embedded { url: url.to_owned() };
        let connection = Connection::open(&target).await;
        let name = &format!("mine-{CONTROL}-fixed");
        Table::open_named(&connection, name).await.unwrap();
        let arguments = ["--table-prefix", "mine-", "--twin", "fixed"];
        compare_at(url, &arguments).run().code(0);
        assert!(tables(url).await.contains(name));
    });
}

#[test]
fn a_table_with_another_schema_is_named_and_kept() {
    on_own_engine(async |url| {
        let name = &format!("other-{CONTROL}-leaky");
        let schema = json!({
            "TableName": name,
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "N" }],
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "BillingMode": "PAY_PER_REQUEST",
        });
        call(url, "CreateTable", &schema.to_string()).await;
        let done = compare_at(url, &["--table-prefix", "other-"]).run().code(3);
        done.says(&[name, "another schema", "--table-prefix"]).leaves_nothing();
        assert!(tables(url).await.contains(name));
    });
}

#[test]
fn missing_credentials_are_named_with_the_cure() {
    on_own_engine(async |url| {
        let run = Leaklab::compare(&[CONTROL, "--endpoint-url", url]).without_aws();
        run.run().code(3).says(&["credentials", "AWS_ACCESS_KEY_ID"]);
    });
}

#[test]
fn an_endpoint_where_nobody_or_no_dynamodb_answers_is_named() {
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (nobody, page) = (listen().local_addr().unwrap(), listen());
    let addresses = [nobody, page.local_addr().unwrap()];
    std::thread::spawn(move || {
        for stream in page.incoming().flatten() {
            std::thread::spawn(|| answer_as_a_web_page(stream));
        }
    });
    for address in addresses {
        let url = format!("http://{address}");
        let done = compare_at(&url, &[]).run().code(3);
        done.says(&[&url, "--endpoint-url"]).leaves_nothing();
    }
}

fn answer_as_a_web_page(mut stream: std::net::TcpStream) {
    use std::io::{Read, Write};

    let mut request = [0; 4096];
    while matches!(stream.read(&mut request), Ok(n) if n > 0) {
        let page = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n<html></html>";
        if stream.write_all(page.as_bytes()).is_err() {
            return;
        }
    }
}

#[test]
fn a_twin_or_an_engine_that_dies_half_way_is_the_named_cause() {
    let cases: [(&[&str], &str, &str); 2] = [
        (&["l11"], "fixed", "fixed"),
        (&["l11", "--twin", "leaky"], "leaklab-engine", "embedded engine"),
    ];
    for (arguments, child, named) in cases {
        let done = Leaklab::compare(arguments)
            .interrupted_when(child, |_, child| signal("KILL", child));
        done.code(3).says(&[named, "SIGKILL"]).leaves_nothing();
    }
}

#[test]
fn an_interrupt_stops_everything_and_keeps_finished_profiles() {
    let run = Leaklab::compare(&[CONTROL, "c02", "c03", "c04"]);
    let profiles = ["leaky", "fixed"]
        .map(|twin| run.out(&format!("profiles/{CONTROL}.{twin}.json")));
    let done = run.interrupted_when("leaky", |driver, _| {
        // The first lesson's profiles are there; the last has not begun.
        while !profiles.iter().all(|file| file.exists()) {
            std::thread::yield_now();
        }
        signal("INT", driver);
    });
    let done = done.code(130).says(&["interrupted"]).leaves_nothing();
    assert!(profiles.iter().all(|file| file.exists()));
    assert!(!done.out("comparison.json").exists());
}

#[test]
fn every_signal_sent_twice_cleans_up_like_one() {
    on_own_engine(async |url| {
        let before = tables(url).await;
        for name in ["HUP", "QUIT", "TERM", "INT"] {
            let done = compare_at(url, &[])
                .interrupted_when("fixed", |driver, _| signal_twice(name, driver));
            done.code(130).says(&["interrupted"]).leaves_nothing();
            assert_eq!(tables(url).await, before, "after SIG{name}");
        }
    });
    let served = Leaklab::new(&["serve", "fixed", "--listen", "127.0.0.1:0"]);
    let done =
        served.interrupted_when("fixed", |driver, _| signal_twice("TERM", driver));
    done.code(0).leaves_nothing();
}

/// Other systems do not show whether the process that made a table still runs.
#[cfg(target_os = "linux")]
#[test]
fn tables_of_a_killed_run_are_not_taken_for_the_users_and_removed_by_the_next_one() {
    on_own_engine(async |url| {
        let before = tables(url).await;
        compare_at(url, &[])
            .interrupted_when("fixed", |driver, _| signal("KILL", driver));
        assert!(tables(url).await.len() > before.len());
        compare_at(url, &["--twin", "fixed"]).run().code(0);
        assert_eq!(tables(url).await, before);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_dies_half_way_is_named_with_the_tables_in_it() {
    build_programs();
    let engine = engine::start(engine::ANY_PORT).await.unwrap();
    let url = format!("http://{}", engine.address());
    let done = compare_at(&url, &[])
        .interrupted_when("fixed", |_, _| signal("KILL", engine.id().unwrap()));
    let table = format!("leaklab-{CONTROL}-fixed");
    let done = done.code(3).leaves_nothing();
    done.says(&["no DynamoDB answers", &url, "could not be removed", &table]);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for command in [&["dynamo"][..], &["serve", "fixed"]] {
        let run = Leaklab::new(command).args(&["--listen", &address]).run();
        run.code(3).says(&[&address, "--listen"]).leaves_nothing();
    }
}
