//! One lesson on one twin: what is done, what is read, what it means.

mod database;
mod drive;
mod protocol;
mod secrets;
mod twin;
mod verdict;

pub use database::{Database, EngineChoice};
pub use drive::Driven;
pub use protocol::{Protocol, Recording};
pub use secrets::{Moment, Search, Seen};
pub use twin::{Twin, Under, programs_folder, twin_command};
pub use verdict::{judge, result};
