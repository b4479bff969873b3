//! Runs lessons: an engine with a table, a service against it, the lesson's requests,
//! and a measurement. Whatever happens, no process is left running.

mod database;
pub mod engine;
mod programs;
mod service;
mod load;
mod lesson;
mod under;
mod secrets;
mod memory;

pub use database::{Database, EngineChoice};
pub use lesson::{Measured, Permit, Run};
pub use memory::Found;
pub use programs::{Running, Under, programs_folder, twin_command};
pub use secrets::{Moment, Search, Seen};
pub use service::Service;
pub use under::UnderTool;
