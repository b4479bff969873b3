//! One lesson on one service: what is done, what is read, what it means.

mod conclusion;
mod database;
mod drive;
mod protocol;
mod recording;
mod secrets;
mod session;
mod signs;
mod sites;
mod subject;
mod twin;
mod verdict;

pub use conclusion::{Measured, conclude};
pub use database::{Database, EngineChoice};
pub use drive::Driven;
pub use protocol::{Protocol, Turn};
pub use recording::Recording;
pub use secrets::{Moment, Search, Seen};
pub use subject::Subject;
pub use twin::{Twin, Under, programs_folder, twin_command};
pub use verdict::{judge, requests_needed, result};
