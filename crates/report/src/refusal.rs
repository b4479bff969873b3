//! Why something that the user asked for cannot be done.

/// What is wrong, and what to do instead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);
