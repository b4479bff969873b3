//! The way to DynamoDB: one client for the process, and a span for every call.

mod client;
mod credentials;
mod call;
mod batch;

pub use batch::BATCH_ITEMS;
pub use call::Call;
pub use client::{ConnectError, Dynamo};
pub use credentials::TenantCredentials;
