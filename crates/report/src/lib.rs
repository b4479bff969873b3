//! What a comparison found, for people and for machines.
//!
//! [`comparison`] is the file that everything else reads. The terminal, the page,
//! Markdown, JUnit XML, the gate and the claims report are made from it.

pub mod baseline;
pub mod claims;
pub mod comparison;
pub mod difference;
pub mod figures;
pub mod gate;
pub mod junit;
pub mod ledger;
pub mod markdown;
mod output;
pub mod page;
pub mod plot;
pub mod prose;
pub mod ranking;
mod refusal;
pub mod sources;
pub mod stories;
pub mod story;
pub mod table;
pub mod whole_file;
mod wrap;

pub use output::Output;
pub use refusal::Refusal;
