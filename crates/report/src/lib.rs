//! The results of a comparison, and of a service's measurement, for readers and for
//! programs.
//!
//! [`comparison`] is the file that everything else reads. The terminal, the page,
//! Markdown, JUnit XML, the gate and the claims report are made from it. [`measured`] is
//! the same for a service of the user's own.

pub mod accepted;
pub mod axis;
pub mod baseline;
pub mod claims;
pub mod comparison;
pub mod figures;
pub mod gate;
pub mod junit;
#[cfg(test)]
mod made;
pub mod markdown;
pub mod measured;
mod output;
pub mod page;
pub mod prose;
mod refusal;
pub mod probe;
pub mod repair;
pub mod stored;
pub mod chapter;
pub mod table;
mod terminal;
pub mod whole_file;
pub mod work;

pub use output::{Output, source};
pub use refusal::Refusal;
