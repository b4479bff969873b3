//! Measures a program that does not mount `heap`: started with the shared library
//! `preload`, it counts its blocks, and this crate reads the counters from outside.
//!
//! [`Library`] finds the library and says which programs would not load it.
//! [`Attached`] reads counters and opens windows, whose profiles have dhat's format.
//! All this works on x86-64 Linux with glibc; elsewhere [`Library::find`] says so.

mod layout;
mod library;
mod refusal;
mod memory;
mod maps;
mod attached;
mod names;
mod profile;
pub mod runtime;

pub use attached::{Attached, Counts};
pub use library::Library;

/// Why the heap of another program cannot be measured, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    text: String,
    source: Option<std::io::Error>,
}

impl Error {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), source: None }
    }

    /// What is wrong with a process, and what to do.
    fn of(process: u32, text: &str) -> Self {
        Self::new(format!("process {process} {text}"))
    }
}
