//! The load: which requests a run sends, and sending them.
//!
//! [`plan`] is a pure function from a seed to requests, so both twins get the same
//! ones, and so does whoever runs it again. [`run`] sends them and keeps, whatever
//! their number, a bounded amount: digests, latencies, counts.

pub mod plan;
pub mod data;
pub mod manner;
pub mod client;
pub mod run;
pub mod digest;

pub use client::Origin;
pub use digest::Digest;
pub use manner::Manner;
pub use plan::{Plan, Request};
pub use run::{Round, RunError, Tally};
