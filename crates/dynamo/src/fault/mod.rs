//! Faults as data: which requests to DynamoDB fail, and how. The proxy applies them.

mod rule;
mod names;
mod text;

pub use rule::{EVERY_OPERATION, Fault, FaultAction, When};
pub use text::FaultError;
