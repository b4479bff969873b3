//! DynamoDB for a run: an embedded engine in a process of its own, and the table
//! that a run works on.

pub mod engine;
pub mod connection;
pub mod table;

pub use connection::{Connection, Target};
pub use table::{Table, TableError};

/// Version of the SDK that this workspace is built with.
pub const SDK_VERSION: &str = aws_sdk_dynamodb::meta::PKG_VERSION;
