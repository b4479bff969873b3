//! Drives services with identical requests, reads their heaps at rest, and says what
//! grows, with what, how fast and where.
//!
//! [`measure`] is the protocol: one lesson on one twin, from an empty database to a
//! verdict. [`commands`] are what a user types. The twins are processes; nothing of
//! them is linked here.

pub mod cli;
pub mod commands;
pub mod engine;
pub mod failure;
pub mod measure;
pub mod memory;
pub mod probe;
pub mod process;
pub mod progress;
pub mod statistics;
