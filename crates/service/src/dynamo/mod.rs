//! The way to DynamoDB: one client for the process, and a span for every call.

mod client;
mod credentials;
mod call;

pub use call::Call;
pub use client::{ConnectError, Dynamo};
pub use credentials::TenantCredentials;
