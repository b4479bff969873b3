//! The fault proxy: an HTTP/1.1 proxy in front of a DynamoDB engine that passes
//! everything through unchanged, but for what a [`model::Fault`] says.
//!
//! Every connection of a client has one connection to the engine, which lives and
//! ends with it, so that an engine's own way with connections shows through. Requests
//! are read whole before they are passed on; answers are passed on as they come.

mod server;
mod shared;
mod connection;
mod upstream;
mod spoil;
mod pipe;
mod head;
mod framing;
mod batch;
mod answer;

pub use head::{NO_OPERATION, OTHER_OPERATION};
pub use server::{Proxy, ProxyError};
