//! Profiles as text of 80 columns, and as JSON for scripts.

pub mod difference;
pub mod ranking;
mod visible;

pub use visible::{Keep, visible};
