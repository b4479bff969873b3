//! What the AWS SDK makes of the faults, with small timeouts, and the faults of
//! `leaklab dynamo`.

use super::wire::{Stage, Wire};
use crate::fixture::Leaklab;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::list_tables::ListTablesError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use leaklab::run::programs_folder;
use measure::{Process, ShowLog};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use tokio::process::Command;

/// Patient enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn client(url: &str, attempts: u32, patience: Duration) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(PATIENCE)
        .operation_attempt_timeout(patience)
        .build();
    let backoff = Duration::from_millis(1);
    let retries = RetryConfig::standard()
        .with_max_attempts(attempts)
        .with_initial_backoff(backoff)
        .with_max_backoff(backoff);
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new("a", "b", None, None, "test"))
        .region(Region::from_static("us-east-1"))
        .endpoint_url(url)
        .timeout_config(timeouts)
        .retry_config(retries)
        .build();
    Client::from_conf(config)
}

/// The name of the kind of error that one try ends with, or `Ok`.
async fn outcome(fault: &str, patience: Duration) -> &'static str {
    let stage = Stage::open(&[fault]).await;
    let found = client(&stage.proxy.url(), 1, patience).list_tables().send().await;
    let found = match found {
        Ok(_) => "Ok",
        Err(SdkError::TimeoutError(_)) => "TimeoutError",
        Err(SdkError::DispatchFailure(_)) => "DispatchFailure",
        Err(SdkError::ResponseError(_)) => "ResponseError",
        Err(SdkError::ServiceError(e)) => match e.err() {
            ListTablesError::InternalServerError(_) => "InternalServerError",
            e => match e.meta().code() {
                Some("ThrottlingException") => "ThrottlingException",
                code => panic!("{code:?}"),
            },
        },
        Err(e) => panic!("{e:?}"),
    };
    assert_eq!(stage.proxy.faulted(), [("ListTables", 1)].into(), "{fault}");
    stage.close().await;
    found
}

#[tokio::test]
async fn the_sdk_sees_every_fault_for_what_it_is() {
    for (fault, expected) in [
        ("*:delay=20", "Ok"),
        ("*:slow=8/5", "Ok"),
        ("*:silence", "TimeoutError"),
        ("*:stall=5", "TimeoutError"),
        ("*:reset", "DispatchFailure"),
        ("*:reset=5", "ResponseError"),
        ("*:cut=5", "ResponseError"),
        ("*:error=500/InternalServerError", "InternalServerError"),
        ("*:error=400/ThrottlingException", "ThrottlingException"),
    ] {
        // What never comes is not worth waiting for.
        let hurried = expected == "TimeoutError";
        let patience = if hurried { Duration::from_millis(200) } else { PATIENCE };
        assert_eq!(outcome(fault, patience).await, expected, "{fault}");
    }
}

#[tokio::test]
async fn the_sdk_tries_again_after_a_fault_that_passes() {
    for fault in [
        "ListTables:error=400/ThrottlingException@1/2",
        "ListTables:error=400/ProvisionedThroughputExceededException@1/2",
        "ListTables:error=500/InternalServerError@1/2",
        "ListTables:reset@1/2",
    ] {
        let stage = Stage::open(&[fault]).await;
        let tables =
            client(&stage.proxy.url(), 3, PATIENCE).list_tables().send().await;
        assert_eq!(tables.unwrap().table_names(), ["orders"], "{fault}");
        assert_eq!(stage.proxy.seen(), [("ListTables", 2)].into(), "{fault}");
        assert_eq!(stage.proxy.faulted(), [("ListTables", 1)].into());
        stage.close().await;
    }
}

#[tokio::test]
async fn the_sdk_reads_what_is_unprocessed() {
    let stage = Stage::open(&["BatchGetItem:unprocessed=50"]).await;
    let text = |n: usize| AttributeValue::S(format!("k{n}"));
    let key = |n| HashMap::from([("pk".into(), text(n)), ("sk".into(), text(n))]);
    let keys =
        KeysAndAttributes::builder().set_keys(Some((0..5).map(key).collect()));
    let call = client(&stage.proxy.url(), 1, PATIENCE).batch_get_item();
    let call = call.request_items("orders", keys.build().unwrap());
    let answer = call.send().await.unwrap();
    let rest = &answer.unprocessed_keys().unwrap()["orders"];
    assert_eq!(rest.keys(), [key(3), key(4)]);
    stage.close().await;
}

#[tokio::test]
async fn leaklab_dynamo_puts_faults_in_front_of_its_engine() {
    crate::fixture::build_programs();
    let program = programs_folder().unwrap().join("leaklab");
    let mut command = Command::new(&program);
    command.args(["dynamo", "--exit-on-stdin-close", "--listen", "127.0.0.1:0"]);
    command.args(["--fault", "ListTables:error=503/ServiceUnavailable@1/2"]);
    command.args(["--fault", "Scan:silence"]);
    let name = "the engine";
    let engine = Process::start(name, &program, command, ShowLog::No).await.unwrap();
    let mut wire = Wire::open(&format!("http://{}", engine.address())).await;
    for status in ["503", "200", "503"] {
        let answer = wire.call("ListTables", &json!({})).await;
        assert_eq!(answer.status(), status);
    }
    // A request that is held does not hold the process.
    wire.send(&super::wire::message("Scan", "{}")).await;
    engine.stop().await;
    assert!(wire.rest().await.0.is_empty());
}

#[test]
fn a_fault_that_is_mistyped_is_wrong_usage_and_the_part_is_named() {
    for (fault, part) in [
        ("getitem:reset", "'getitem' is no operation"),
        ("GetItem:explode", "'explode' is no action"),
        ("GetItem:delay=soon", "'soon' is not valid for delay"),
        ("GetItem:reset@3/1", "'3/1' is not valid for @"),
    ] {
        let done = Leaklab::new(&["dynamo", "--fault", fault]).run().code(2);
        assert!(done.stderr().contains(part), "{}", done.stderr());
    }
}
