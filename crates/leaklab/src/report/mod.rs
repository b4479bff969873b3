//! What a user sees of a run: progress, a table, files.

mod progress;
mod output;
mod wrap;
pub mod claims;
pub mod figures;
pub mod gate;
pub mod junit;
pub mod markdown;
pub mod plot;
pub mod sources;
pub mod prose;
pub mod story;
pub mod table;
pub mod whole_file;

pub use output::Output;
pub use progress::Progress;
