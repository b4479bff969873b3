//! Drives services with identical requests, reads their heaps at rest, and says what
//! grows, with what, how fast and where.
//!
//! [`commands`] are what a user types, [`run`] runs lessons on services and databases.
//! The services are processes; none of them is linked here.

pub mod cli;
pub mod commands;
pub mod failure;
pub mod output;
pub mod progress;
pub mod run;
pub mod stop;
