//! Requests over HTTP: sending rounds of them, as clients that wait, leave early, give up
//! or do not read, and keeping a bounded amount of what came back.
//!
//! A [`Round`] keeps digests, latencies and counts, so its memory does not depend on
//! the number of requests. Which requests to send is up to the caller.

pub mod request;
pub mod client;
pub mod digest;
mod exchange;
pub mod round;
mod placeholder;
pub mod directives;
pub mod http_file;
pub mod source;
pub mod steady;

pub use client::{ClientBehavior, Connection, Origin};
pub use digest::Digest;
pub use directives::Directives;
pub use http_file::{HttpFile, HttpFileError, Template};
pub use request::Request;
pub use round::{Requests, Round, RoundError, RoundStats};
pub use source::{Source, SourceError};
pub use steady::Steady;
