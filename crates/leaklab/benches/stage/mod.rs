//! What the benchmarks on real processes share.

mod programs;
mod side;

pub(crate) use programs::build;
pub(crate) use side::{Side, plan};
