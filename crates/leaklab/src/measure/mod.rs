//! One lesson on one twin: what is done, what is read, what it means.

mod database;
mod protocol;
mod twin;
mod verdict;

pub use database::{Database, EngineChoice};
pub use protocol::{Protocol, Recording};
pub use twin::{Twin, programs_folder, twin_command};
pub use verdict::{judge, result};
