//! Profiles as text of 80 columns, and as JSON for scripts.

pub mod difference;
pub mod ranking;
mod visible;

pub use visible::{Keep, visible};

use crate::FrameRef;
use anstyle::Style;
use thousands::Separable;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Lines so far, with styles that the printer may strip.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref().trim_end_matches(' '));
        self.0.push('\n');
    }

    /// What a reader must know first.
    fn notes(&mut self, notes: &[String], column: usize) {
        for note in notes {
            for (at, line) in textwrap::wrap(note, 80 - column).iter().enumerate() {
                let title = if at == 0 { "NOTE" } else { "" };
                self.add(format!("{title:<column$}{line}"));
            }
        }
        self.add("");
    }

    /// Ends a list of which some rows are shown.
    fn rest(mut self, shown: usize, all: usize, none: &str) -> String {
        if all == 0 {
            self.add(format!("  {none}"));
        }
        if shown < all {
            let hidden = ((all - shown) as u64).separate_with_commas();
            self.add(format!("{DIM}  and {hidden} more (--top N){DIM:#}"));
        }
        self.0
    }
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
