//! Runs lessons: an engine with a table, a service against it, the lesson's requests,
//! and a measurement. Whatever happens, no process is left running.

mod database;
pub mod engine;
mod programs;
mod service;
mod plan;
mod load;
mod lesson;
pub mod live;
pub mod line;
mod under;
mod secrets;
mod probe;
pub mod memory;
mod result;

pub use database::{Database, EngineChoice, Run};
pub use lesson::{Measured, Permit};
pub use load::round;
pub use memory::Found;
pub use plan::Numbers;
pub use programs::{
    Running, Under, connect, program, programs_folder, target_and_profile,
};
pub use result::{difference, lesson_result};
pub use secrets::{Moment, Search, Seen};
pub use service::Service;
pub use under::UnderTool;
