//! What a service did beside keeping memory, as far as a few requests show it.

use std::collections::BTreeSet;

/// What one request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Method and path.
    pub request: String,
    /// Status, content type and body.
    pub text: String,
}

/// What a service did beside keeping memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probe {
    /// Answers to new requests, then to the same ones again.
    pub answers: Vec<Answer>,
    /// Calls to the database per request in both passes.
    pub calls: [f64; 2],
    /// Lines of its own log.
    pub log_lines: usize,
    /// Names of the fields in these lines.
    pub log_fields: BTreeSet<String>,
    /// What the lesson's [`lessons::Proof`] found: whether it does what it must, and
    /// what a service does that leaves it out.
    pub proof: Option<(bool, &'static str)>,
    /// Requests of the last pass, sent side by side, that were answered with an error.
    pub failed: u64,
    /// Whether it ended in order after it.
    pub ended: bool,
    /// Items in the table then.
    pub items: usize,
    /// Whether requests of this lesson add items.
    pub writes: bool,
    /// Calls to the database for the same request, sent several times at once.
    pub shared_calls: u64,
    /// How long something took, per request that was served.
    pub seconds: Vec<(&'static str, f64)>,
}
