//! Profiles as text of 80 columns, and as JSON for scripts.

pub mod difference;
mod lines;
pub mod ranking;
mod visible;

pub use lines::{BOLD, CYAN, DIM, GREEN, Lines, PLAIN, RED, WIDTH, YELLOW};
pub use visible::{Keep, visible};

use crate::FrameRef;
use thousands::Separable;

/// Adds what a reader must know first.
fn notes(lines: &mut Lines, notes: &[String], column: usize) {
    for note in notes {
        let title = format!("{:<column$}", "NOTE");
        lines.filled(PLAIN, note, &title, &" ".repeat(column));
    }
    lines.line("");
}

/// Ends a list of which some rows are shown.
fn rest(mut lines: Lines, shown: usize, all: usize, none: &str) -> String {
    if all == 0 {
        lines.line(format_args!("  {none}"));
    }
    if shown < all {
        let hidden = ((all - shown) as u64).separate_with_commas();
        lines.line(format_args!("{DIM}  and {hidden} more (--top N){DIM:#}"));
    }
    lines.text
}

/// `Sessions::put, through clone`.
fn asks(function: &str, callee: &str, room: usize) -> String {
    let name = FrameRef { function, place: "" }.short();
    let name = if name.is_empty() { "a closure" } else { &name };
    let through = if callee.is_empty() { "" } else { ", through " };
    tail(&format!("{name}{through}{callee}"), room)
}

/// The end of a text, which says more about a path than its beginning.
fn tail(text: &str, room: usize) -> String {
    match text.chars().count() {
        letters if letters <= room => text.to_owned(),
        letters => {
            let rest = text.chars().skip(letters + 1 - room);
            std::iter::once('\u{2026}').chain(rest).collect()
        }
    }
}
