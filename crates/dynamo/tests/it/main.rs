//! The fault proxy between raw connections or the AWS SDK and an endpoint that records
//! what reaches it.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod endpoint;

mod forwarding;
mod ends;
mod sdk;
