//! What the AWS SDK makes of the faults.

use crate::endpoint::{Endpoint, TABLES};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use std::time::Duration;

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

#[tokio::test]
async fn the_sdk_sees_every_fault_for_what_it_is() {
    let endpoint = Endpoint::serve(TABLES).await;
    for (fault, expected) in [
        ("*:delay=20", "orders"),
        ("*:silence", "timeout"),
        ("*:error=500/InternalServerError", "InternalServerError"),
        ("*:error=400/ThrottlingException", "ThrottlingException"),
        ("*:error=400/ValidationException", "ValidationException"),
    ] {
        let proxy = endpoint.proxy(&[fault]).await;
        let hurried = expected == "timeout";
        let patience = if hurried { Duration::from_millis(200) } else { PATIENCE };
        let sent = client(&proxy.url(), 1, patience).list_tables().send().await;
        let outcome = match &sent {
            Ok(tables) => tables.table_names().concat(),
            Err(SdkError::TimeoutError(_)) => "timeout".to_owned(),
            Err(error) => error.code().unwrap_or("no code").to_owned(),
        };
        assert_eq!(outcome, expected, "{fault}: {sent:?}");
        assert_eq!(proxy.counted(), 1, "{fault}");
    }
}

#[tokio::test]
async fn the_sdk_retries_until_a_fault_is_over() {
    let endpoint = Endpoint::serve(TABLES).await;
    for fault in [
        "ListTables:error=400/ThrottlingException@1/2",
        "ListTables:error=400/ProvisionedThroughputExceededException@1/2",
        "ListTables:error=500/InternalServerError@1/2",
    ] {
        let proxy = endpoint.proxy(&[fault]).await;
        let sent = client(&proxy.url(), 3, PATIENCE).list_tables().send().await;
        assert_eq!(sent.unwrap().table_names(), ["orders"], "{fault}");
        assert_eq!(proxy.counted(), 2, "{fault}");
    }
}

#[tokio::test]
async fn the_sdk_reads_a_response_in_chunks() {
    let endpoint = Endpoint::serve(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
         f\r\n{\"TableNames\":[\r\na\r\n\"orders\"]}\r\n0\r\n\r\n",
    )
    .await;
    let proxy = endpoint.proxy(&[]).await;
    for _ in 0..2 {
        let sent = client(&proxy.url(), 1, PATIENCE).list_tables().send().await;
        assert_eq!(sent.unwrap().table_names(), ["orders"]);
    }
}
