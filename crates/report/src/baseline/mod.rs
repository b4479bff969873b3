//! What is new, grown or gone since an older comparison, so that a job can fail on it.

mod accepted;
mod conditions;
mod gate;
mod held;
mod judge;
mod notes;

pub use accepted::Accepted;
pub use conditions::{Conditions, Load};
pub use gate::{Gate, GatedSite, State};
pub use judge::Baseline;

#[cfg(test)]
mod tests;
