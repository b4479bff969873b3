//! What a user sees of a run: progress, a table, files.

mod progress;
mod output;
pub mod claims;
pub mod counts;
pub mod difference;
pub mod figures;
pub mod plot;
pub mod ranking;
pub mod table;

pub use output::Output;
pub use progress::Progress;
