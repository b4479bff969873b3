//! What the SDK keeps when its client is gone, in a process of its own: a program has
//! one global allocator, and the SDK's statics are the process's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{Builder, Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};

#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

const CALLS: u64 = 200;

/// Less than a bucket can weigh, and more than the harness allocates beside this.
const BUCKET_BYTES_MIN: u64 = 100;

/// Makes calls that reach nobody, each with the partition of this name, and drops the
/// client and the runtime with all that belongs to them.
fn calls(partition: impl Fn(u64) -> RetryPartition) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        // Port 9 is for discarding, and nobody listens there any more.
        .endpoint_url("http://127.0.0.1:9")
        .retry_config(RetryConfig::disabled())
        .build();
    let client = Client::from_conf(config);
    runtime.unwrap().block_on(async {
        for n in 0..CALLS {
            let call = client.list_tables().customize();
            let own = Builder::default().retry_partition(partition(n));
            call.config_override(own).send().await.unwrap_err();
        }
    });
}

fn live() -> u64 {
    heap::alloc::counts().live_bytes
}

#[test]
fn a_retry_partition_outlives_the_client_that_used_it() {
    let same = |_| RetryPartition::new("orders");
    let distinct = |n| RetryPartition::new(format!("tenant-{n}"));
    let custom = |n| RetryPartition::custom(format!("custom-{n}")).build();
    calls(same);
    let before = live();
    calls(same);
    let shared = live().saturating_sub(before);
    assert!(shared < CALLS * BUCKET_BYTES_MIN / 2, "{shared} B with one name");

    let before = live();
    calls(distinct);
    let kept = live().saturating_sub(before);
    assert!(kept > CALLS * BUCKET_BYTES_MIN, "{kept} B with {CALLS} names");

    // A partition that brings its own bucket is not entered anywhere.
    let before = live();
    calls(custom);
    let kept = live().saturating_sub(before);
    assert!(kept < CALLS * BUCKET_BYTES_MIN / 2, "{kept} B with custom ones");
}
