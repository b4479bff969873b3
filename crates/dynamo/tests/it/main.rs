//! The fault proxy between raw connections or the AWS SDK and an endpoint that records
//! what reaches it.

mod endpoint;

mod forwarding;
mod ends;
mod sdk;
