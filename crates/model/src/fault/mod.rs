//! What may go wrong between a service and DynamoDB, as data: which requests, when,
//! and what happens to them. The fault proxy acts on it.

mod rule;
mod names;
mod text;

pub use names::{CODES, OPERATIONS};
pub use rule::{EVERY_OPERATION, Fault, FaultAction, When};
pub use text::FaultError;
