//! Flame graphs of a profile and of the difference of two, as inline SVG.
//!
//! They are icicles: the program's start is at the top, and the call that asks for
//! memory at the bottom, so that one reads down from the request to the line that
//! holds it. They are drawn here because inferno's differences take their widths from
//! the second profile, where what is gone has no width; because it repeats its script
//! and its ids in every graph of a page; and because it cannot fold the dozens of
//! frames of a runtime into one box.

mod tree;
mod layout;
mod svg;
mod style;

pub use style::{STYLE, standalone};
pub use svg::{Growth, difference, surviving};

#[cfg(test)]
mod tests;
