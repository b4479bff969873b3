//! What a service's `main` needs and what no lesson is about: settings, logs,
//! start and stop, the way to DynamoDB, and answers when something is wrong.
//!
//! Both twins stand on this crate, so they cannot differ in it.

pub mod settings;
pub mod telemetry;
pub mod dynamo;
pub mod error;
pub mod extract;
pub mod traffic;
pub mod server;
pub mod api_names;

pub use dynamo::{Call, Dynamo};
pub use error::{Problem, ServiceError};
pub use server::{Application, Context, main};
pub use settings::{Limits, Settings};
