//! DynamoDB for a run: an embedded engine in a process of its own, a proxy that puts
//! faults in front of it, and the table that a run works on.

pub mod engine;
pub mod proxy;
pub mod connection;
pub mod table;

pub use connection::{Connection, Target};
pub use proxy::{Proxy, ProxyError};
pub use table::{Table, TableError};

/// Version of the SDK that this workspace is built with.
pub const SDK_VERSION: &str = aws_sdk_dynamodb::meta::PKG_VERSION;
