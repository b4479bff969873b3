//! Access to DynamoDB: one client for the process, and a log line for every call.

mod client;
mod credentials;
mod call;
mod items;
mod queries;
mod backoff;
mod batch;
mod transactions;

pub use client::Dynamo;
pub use credentials::TenantCredentials;
pub use model::limits::BATCH_ITEMS;
pub use queries::{Page, Pages, ndjson};

/// Sends a request of the SDK, with the settings of [`Dynamo::with_config`] if there
/// are any. A macro, because the SDK's request types share no public trait.
///
/// Bind the result before it is awaited: a temporary of the macro would otherwise be part
/// of the caller's future.
macro_rules! send {
    ($dynamo:expr, $request:expr) => {
        match $dynamo.config.clone() {
            None => futures_util::future::Either::Left($request.send()),
            Some(config) => futures_util::future::Either::Right(
                $request.customize().config_override(config).send(),
            ),
        }
    };
}
use send;
