//! DynamoDB for a run: the connection to it, its table, and a proxy that injects faults.

pub mod fault;
pub mod proxy;
pub mod connection;
mod owner;
pub mod table;

pub use connection::{Connection, Target};
pub use fault::{Fault, FaultAction, FaultError, When};
pub use proxy::{Proxy, ProxyError};
pub use table::{Table, TableError};

/// Version of the SDK that this workspace is built with.
pub const SDK_VERSION: &str = aws_sdk_dynamodb::meta::PKG_VERSION;
