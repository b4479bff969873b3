//! Flame graphs of a profile, and of the difference of two, as inline SVG.
//!
//! They are icicles: the program's start is at the top and the call that asks for
//! memory at the bottom, so one reads down from the request to the line that holds it.
//! inferno's differences give no width to what is gone, it repeats its script and its
//! ids in every graph of a page, and it can't fold a runtime's frames into one box.

mod tree;
mod layout;
mod svg;

use crate::{InApp, Moment, Profile};
use maud::Markup;
use svg::{Frame, draw};
use thousands::Separable;
use tree::{Lines, Node};

/// Rules for all graphs of a page, which may set its own colours with the properties
/// `--flame-…`. Texts have a contrast of at least 4.5, in light and in dark. In-app boxes
/// are bold and changes have a sign, so colour is never the only difference.
pub const STYLE: &str = include_str!("flame.css");

/// The call stacks whose bytes were live at a moment. Widths are bytes.
pub fn surviving(
    profile: &Profile,
    moment: Moment,
    in_app: &InApp,
    title: &str,
) -> Markup {
    let mut root = Node::root();
    root.add(profile, moment, in_app, 1, Lines::Apart);
    let when = moment.word();
    let frame = Frame {
        title: title.to_owned(),
        meaning: format!("Width: bytes live at the {when}."),
        keys: &[("in-app", "in-app"), ("", "dependencies, folded by package")],
        empty: format!("No bytes were live at the {when}."),
        compared: false,
    };
    draw(&frame, &root)
}

/// What call stacks hold in one profile and not in the other. Widths are differences
/// without their sign: what one stack gained and another lost does not cancel out.
pub fn difference(
    before: &Profile,
    after: &Profile,
    moment: Moment,
    in_app: &InApp,
    title: &str,
) -> Markup {
    let mut difference = Difference::new(moment);
    difference.before(before, in_app);
    difference.after(after, in_app);
    difference.draw(title)
}

/// [`difference`] of two profiles that need not be in memory at the same time.
#[derive(Debug)]
pub struct Difference {
    root: Node,
    moment: Moment,
}

impl Difference {
    /// An empty difference of what is live at a moment.
    pub fn new(moment: Moment) -> Self {
        Self { root: Node::root(), moment }
    }

    /// Adds the first profile.
    pub fn before(&mut self, profile: &Profile, in_app: &InApp) {
        self.root.add(profile, self.moment, in_app, 0, Lines::Together);
    }

    /// Adds the second profile.
    pub fn after(&mut self, profile: &Profile, in_app: &InApp) {
        self.root.add(profile, self.moment, in_app, 1, Lines::Together);
    }

    /// The graph.
    pub fn draw(&self, title: &str) -> Markup {
        let when = self.moment.word();
        let frame = Frame {
            title: title.to_owned(),
            meaning: format!("Width: difference in bytes live at the {when}."),
            keys: &[
                ("in-app grown", "+ more"),
                ("in-app shrunk", "\u{2212} less"),
                ("grown", ""),
                ("shrunk", "the same in dependencies"),
            ],
            empty: format!("Both profiles hold the same at the {when}."),
            compared: true,
        };
        draw(&frame, &self.root)
    }
}

/// A graph as a file, which includes the rules.
pub fn standalone(svg: Markup) -> String {
    let svg = svg.into_string();
    // Attributes escape `>`, so the first one closes the opening tag.
    let (open, rest) = svg.split_once('>').unwrap_or((&svg, ""));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         {open}><style>\n{STYLE}</style>{rest}\n"
    )
}

/// `1,234 B`.
fn bytes(value: u64) -> String {
    format!("{} B", value.separate_with_commas())
}

#[cfg(test)]
mod tests;
