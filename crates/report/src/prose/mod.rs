//! Markdown in a terminal: as wide as asked for, with styles that the printer may strip.

mod lines;
mod markdown;
mod table;

pub use markdown::render;
