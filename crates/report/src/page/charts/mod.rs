//! Charts as inline SVG, readable without a script, drawn by plotters.

mod frame;
mod lines;
mod palette;
mod peak;
mod rounds;
mod signs;
mod spark;

pub(super) use palette::style;
pub(super) use peak::peak;
pub(super) use rounds::{live, resident};
pub(super) use signs::signs;
pub(super) use spark::spark;
