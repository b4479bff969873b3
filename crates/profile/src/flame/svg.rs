//! A graph as SVG.

use super::bytes;
use super::layout::{Layout, Placed, WIDTH, layout};
use super::tree::{Node, What};
use crate::figures::change;
use maud::{Markup, html};

/// Height of a row.
const ROW: f64 = 22.0;

/// Rows above the boxes: title, meaning, legend.
const HEAD_ROWS: f64 = 3.2;

/// Width of a letter. The font has a fixed width, so a text can be cut to fit.
const LETTER: f64 = 7.85;

/// Space on either side of a text in its box.
const PADDING: f64 = 5.0;

/// Space around the boxes, so that no letter is cut off at the edge.
const MARGIN: f64 = 8.0;

/// Letters of a function's path in a description.
const PATH_MAX: usize = 160;

/// The texts around the boxes.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) meaning: String,
    /// Classes of boxes, and what these boxes are.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// Shown in place of boxes when there are none.
    pub(super) empty: String,
    /// Whether the boxes are differences.
    pub(super) compared: bool,
}

/// The graph of all boxes below a root.
pub(super) fn draw(frame: &Frame, root: &Node) -> Markup {
    let layout = layout(root);
    let deepest = layout.boxes.iter().map(|placed| placed.depth).max();
    let rows = HEAD_ROWS + deepest.map_or(1, |depth| depth + 1) as f64;
    let (width, height) = (WIDTH + 2.0 * MARGIN, rows * ROW + MARGIN);
    let meaning = match 100.0 * layout.omitted {
        percent if percent < 0.05 => frame.meaning.clone(),
        percent => format!(
            "{} {percent:.1} % lies in boxes too narrow to draw.",
            frame.meaning
        ),
    };
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class="flame" role="img"
            viewBox=(format!("{:.0} 0 {width:.0} {height:.0}", -MARGIN)) {
            title { (frame.title) }
            desc { (meaning) " " (frame.widest(&layout)) }
            text class="heading" x="0" y="18" { (frame.title) }
            text class="note" x="0" y="39" { (meaning) }
            (legend(frame.keys))
            @if layout.boxes.is_empty() {
                text class="note" x="0" y=(format!("{:.0}", (HEAD_ROWS + 0.7) * ROW)) {
                    (frame.empty)
                }
            }
            @for placed in &layout.boxes { (frame.placed(placed)) }
        }
    }
}

/// A square of each colour and what it means.
fn legend(keys: &[(&str, &str)]) -> Markup {
    let placed = keys.iter().scan(0.0, |next, (class, words)| {
        let x = *next;
        let letters = words.chars().count() as f64;
        *next += 17.0 + if letters > 0.0 { (letters + 2.5) * LETTER } else { 0.0 };
        Some((x, format!("box {class}"), words))
    });
    html! {
        @for (x, class, words) in placed {
            g class=(class.trim()) {
                rect x=(format!("{x:.1}")) y="48" width="12" height="12" {}
            }
            text class="note" x=(format!("{:.1}", x + 17.0)) y="58" { (words) }
        }
    }
}

impl Frame {
    /// The widest in-app box, for readers who don't see the graph.
    fn widest(&self, layout: &Layout<'_>) -> String {
        let in_app =
            |placed: &&Placed<'_>| matches!(placed.node.what, What::InApp { .. });
        // Of equally wide boxes the lowest, which asks for the memory.
        let widest = layout.boxes.iter().filter(in_app).max_by(|one, other| {
            one.share.total_cmp(&other.share).then(one.depth.cmp(&other.depth))
        });
        match widest {
            Some(placed) => {
                let described = self.described(placed).replace('\n', ", ");
                format!("The widest in-app box: {described}.")
            }
            None if layout.boxes.is_empty() => self.empty.clone(),
            None => "No in-app box is wide enough to draw.".to_owned(),
        }
    }

    fn placed(&self, placed: &Placed<'_>) -> Markup {
        let width = placed.share * WIDTH;
        let y = (HEAD_ROWS + placed.depth as f64) * ROW;
        let room = ((width - 2.0 * PADDING) / LETTER).max(0.0) as usize;
        let label = self.label(placed.node, room);
        // A gap between neighbours, and the narrowest stay visible.
        let drawn = (width - 1.0).max(0.8);
        html! {
            g class=(self.classes(placed.node)) {
                title { (self.described(placed)) }
                rect x=(format!("{:.1}", placed.x)) y=(format!("{y:.1}"))
                    width=(format!("{drawn:.1}")) height="21" {}
                @if !label.is_empty() {
                    text x=(format!("{:.1}", placed.x + PADDING))
                        y=(format!("{:.1}", y + 15.0)) { (label) }
                }
            }
        }
    }

    fn classes(&self, node: &Node) -> String {
        let in_app = match node.what {
            What::InApp { .. } => " in-app",
            _ => "",
        };
        format!("box{in_app}{}", self.trend(node).0)
    }

    /// The class of a box that changed, and the sign before its text.
    fn trend(&self, node: &Node) -> (&'static str, &'static str) {
        match node.bytes() {
            [before, after] if self.compared && after > before => (" grown", "+ "),
            [before, after] if self.compared && after < before => {
                (" shrunk", "\u{2212} ")
            }
            _ => ("", ""),
        }
    }

    /// The text in a box: as much as fits.
    fn label(&self, node: &Node, room: usize) -> String {
        let (_, sign) = self.trend(node);
        let figure = self.figure(node);
        let texts = match &node.what {
            What::Root => vec![format!("all, {figure}"), "all".to_owned()],
            What::InApp { name, place, .. } => {
                let file = place.rsplit('/').next().unwrap_or_default();
                vec![
                    format!("{sign}{name}  {file}  {figure}"),
                    format!("{sign}{name}  {file}"),
                    format!("{sign}{name}"),
                ]
            }
            What::Package(name) => {
                vec![
                    format!("{sign}{}", counted(name, node.frames)),
                    format!("{sign}{name}"),
                ]
            }
        };
        let fits = texts.iter().find(|text| text.chars().count() <= room);
        fits.cloned().unwrap_or_else(|| cut(&texts[texts.len() - 1], room))
    }

    /// The tooltip of a box.
    fn described(&self, Placed { node, share, .. }: &Placed<'_>) -> String {
        let what = match &node.what {
            What::Root => "all call stacks".to_owned(),
            What::InApp { function, place, .. } => {
                format!("{}\n{place}", cut(function, PATH_MAX))
            }
            What::Package(name) => counted(name, node.frames),
        };
        let [before, after] = node.bytes().map(bytes);
        let both = match self.compared {
            true => format!(" ({before} before, {after} after)"),
            false => String::new(),
        };
        format!("{what}\n{}{both}, {:.1} %", self.figure(node), 100.0 * share)
    }

    fn figure(&self, node: &Node) -> String {
        match node.bytes() {
            [before, after] if self.compared => {
                format!("{} B", change(before, after))
            }
            [_, after] => bytes(after),
        }
    }
}

/// `actix_http, 14 frames`.
fn counted(name: &str, frames: usize) -> String {
    match frames {
        1 => name.to_owned(),
        _ => format!("{name}, {frames} frames"),
    }
}

/// The beginning of a text, or nothing when only a few letters fit.
fn cut(text: &str, room: usize) -> String {
    match text.chars().count() {
        letters if letters <= room => text.to_owned(),
        _ if room < 4 => String::new(),
        _ => text.chars().take(room - 1).chain(['\u{2026}']).collect(),
    }
}
