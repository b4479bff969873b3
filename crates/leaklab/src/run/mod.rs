//! Runs lessons: an engine with a table, a service against it, the lesson's requests,
//! and a measurement. Whatever happens, no process is left running.

mod database;
pub mod engine;
mod programs;
mod service;
mod plan;
mod load;
mod lesson;
mod under;
mod secrets;
pub mod memory;
mod result;

pub use database::{Database, EngineChoice};
pub use lesson::{Measured, Permit, Run};
pub use memory::Found;
pub use plan::Numbers;
pub use programs::{Running, Under, programs_folder, twin_command};
pub use result::lesson_result;
pub use secrets::{Moment, Search, Seen};
pub use service::Service;
pub use under::UnderTool;
