//! A graph as SVG, for a page or a file.

use super::layout::{Layout, Placed, WIDTH, layout};
use super::tree::{Lines, Node, What};
use crate::figures::{change, grouped};
use crate::{Moment, Profile};
use maud::{Markup, html};

/// Height of a row, title and legend included.
const ROW: f64 = 22.0;

/// Rows above the boxes: title, meaning, legend.
const HEAD_ROWS: f64 = 3.2;

/// Width of a letter. The font has a fixed width, so that a text can be cut to fit.
const LETTER: f64 = 7.25;

/// Room on either side of a text in its box.
const PADDING: f64 = 5.0;

/// Left and right of the boxes, and below them.
const MARGIN: f64 = 8.0;

/// Letters of a function's path in a description.
const PATH_MAX: usize = 160;

/// The call stacks whose bytes were live at a moment, as an inline SVG. Widths are
/// bytes; frames whose place satisfies `own` are own code.
pub fn surviving(
    profile: &Profile,
    moment: Moment,
    own: &dyn Fn(&str) -> bool,
    title: &str,
) -> Markup {
    let mut root = Node::root();
    root.grow(profile, moment, own, (1, Lines::Apart));
    let layout = layout(&root);
    let when = match moment {
        Moment::End => "live at the end",
        Moment::Peak => "live at the peak",
    };
    let graph = Graph {
        title: title.to_owned(),
        meaning: format!("Width: bytes {when}."),
        keys: &[("own", "own code"), ("", "packages, folded")],
        empty: format!("No bytes were {when}."),
        compared: false,
    };
    graph.draw(&layout)
}

/// What call stacks hold in one profile and not in the other, as an inline SVG. Widths
/// are differences without their sign, which the classes `grown` and `shrunk` tell: what
/// one stack gained and another lost does not cancel out.
pub fn difference(
    before: &Profile,
    after: &Profile,
    moment: Moment,
    own: &dyn Fn(&str) -> bool,
    title: &str,
) -> Markup {
    let mut growth = Growth::new(moment);
    growth.before(before, own);
    growth.after(after, own);
    growth.draw(title)
}

/// The same, of profiles that need not be in memory at one time.
#[derive(Debug)]
pub struct Growth {
    root: Node,
    moment: Moment,
}

impl Growth {
    /// Nothing yet; of bytes that are live at this moment.
    pub fn new(moment: Moment) -> Self {
        Self { root: Node::root(), moment }
    }

    /// Adds the first profile.
    pub fn before(&mut self, profile: &Profile, own: &dyn Fn(&str) -> bool) {
        self.root.grow(profile, self.moment, own, (0, Lines::Together));
    }

    /// Adds the second profile.
    pub fn after(&mut self, profile: &Profile, own: &dyn Fn(&str) -> bool) {
        self.root.grow(profile, self.moment, own, (1, Lines::Together));
    }

    /// The graph, which says in which direction it is to be read.
    pub fn draw(&self, title: &str) -> Markup {
        let when = match self.moment {
            Moment::End => "at the end",
            Moment::Peak => "at the peak",
        };
        let graph = Graph {
            title: format!("{title}: from the first profile to the second"),
            meaning: format!("Width: difference in bytes live {when}."),
            keys: &[
                ("own grown", "+ the second holds more"),
                ("own shrunk", "\u{2212} the second holds less"),
                ("grown", ""),
                ("shrunk", "the same outside own code"),
            ],
            empty: format!("Both profiles hold the same {when}."),
            compared: true,
        };
        graph.draw(&layout(&self.root))
    }
}

/// What is said around the boxes.
struct Graph {
    title: String,
    meaning: String,
    /// Classes, and what boxes of these classes are.
    keys: &'static [(&'static str, &'static str)],
    /// Said in place of boxes where there are none.
    empty: String,
    compared: bool,
}

impl Graph {
    fn draw(&self, layout: &Layout<'_>) -> Markup {
        let deepest = layout.boxes.iter().map(|placed| placed.depth).max();
        let rows = HEAD_ROWS + deepest.map_or(1, |depth| depth + 1) as f64;
        let omitted = self.omitted(layout.omitted);
        let meaning = format!("{}{omitted}", self.meaning);
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="flame" role="img"
                viewBox=(view_box(rows)) {
                title { (self.title) }
                desc { (meaning) " " (self.largest(layout)) }
                text class="heading" x="0" y="18" { (self.title) }
                (self.legend(&meaning))
                @if layout.boxes.is_empty() {
                    text class="note" x="0" y=(format!("{:.0}", (HEAD_ROWS + 0.7) * ROW)) {
                        (self.empty)
                    }
                }
                @for placed in &layout.boxes { (self.placed(placed)) }
            }
        }
    }

    fn omitted(&self, share: f64) -> String {
        match 100.0 * share {
            percent if percent < 0.05 => String::new(),
            percent => {
                format!(" {percent:.1} % lies in boxes too narrow to draw.")
            }
        }
    }

    /// The meaning, then a square of each colour and what it is.
    fn legend(&self, meaning: &str) -> Markup {
        let mut x = 0.0;
        let keys: Vec<_> = self
            .keys
            .iter()
            .map(|(class, words)| {
                let at = x;
                let words_wide = match words.chars().count() as f64 {
                    0.0 => 0.0,
                    letters => (letters + 2.5) * LETTER,
                };
                x += 17.0 + words_wide;
                (at, class, words)
            })
            .collect();
        html! {
            text class="note" x="0" y="39" { (meaning) }
            @for (at, class, words) in keys {
                g class=(format!("box {class}").trim()) {
                    rect x=(format!("{at:.1}")) y="48" width="12" height="12" {}
                }
                text class="note" x=(format!("{:.1}", at + 17.0)) y="58" { (words) }
            }
        }
    }

    /// The widest box of own code, for those who do not see the graph.
    fn largest(&self, layout: &Layout<'_>) -> String {
        let own = |placed: &&Placed<'_>| matches!(placed.what, What::Own { .. });
        let own = layout.boxes.iter().filter(own);
        // Below others of own code it is what asks for the memory.
        let widest = own.max_by(|one, other| {
            one.share.total_cmp(&other.share).then(one.depth.cmp(&other.depth))
        });
        match widest {
            Some(placed) => {
                let described = self.described(placed).replace('\n', ", ");
                format!("The widest of own code: {described}.")
            }
            None => self.empty_of_own(layout),
        }
    }

    fn empty_of_own(&self, layout: &Layout<'_>) -> String {
        match layout.boxes.is_empty() {
            true => self.empty.clone(),
            false => "No box of own code is wide enough to draw.".to_owned(),
        }
    }

    fn placed(&self, placed: &Placed<'_>) -> Markup {
        let width = placed.share * WIDTH;
        let y = (HEAD_ROWS + placed.depth as f64) * ROW;
        let room = ((width - 2.0 * PADDING) / LETTER).max(0.0) as usize;
        let label = self.label(placed, room);
        // Neighbours keep a little apart, and the narrowest stay visible.
        let drawn = (width - 1.0).max(0.8);
        html! {
            g class=(self.classes(placed)) {
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

    fn classes(&self, placed: &Placed<'_>) -> String {
        let mut classes = "box".to_owned();
        if matches!(placed.what, What::Own { .. }) {
            classes.push_str(" own");
        }
        let [before, after] = placed.bytes;
        if self.compared && after != before {
            classes.push_str(if after > before { " grown" } else { " shrunk" });
        }
        classes
    }

    /// What stands in the box: as much as there is room for.
    fn label(&self, placed: &Placed<'_>, room: usize) -> String {
        let sign = match placed.bytes {
            [before, after] if self.compared && after > before => "+ ",
            [before, after] if self.compared && after < before => "\u{2212} ",
            _ => "",
        };
        let figure = self.figure(placed.bytes);
        let texts = match placed.what {
            What::Root => vec![format!("all, {figure}"), "all".to_owned()],
            What::Own { name, place, .. } => {
                let file = place.rsplit('/').next().unwrap_or_default();
                vec![
                    format!("{sign}{name}  {file}  {figure}"),
                    format!("{sign}{name}  {file}"),
                    format!("{sign}{name}"),
                ]
            }
            What::Package { name, frames } => {
                vec![
                    format!("{sign}{}", framed(name, *frames)),
                    format!("{sign}{name}"),
                ]
            }
        };
        let fits = texts.iter().find(|text| text.chars().count() <= room);
        fits.cloned().unwrap_or_else(|| cut(texts.last(), room))
    }

    /// What a pointer that rests on the box is told.
    fn described(&self, placed: &Placed<'_>) -> String {
        let what = match placed.what {
            What::Root => "all call stacks".to_owned(),
            What::Own { function, place, .. } => {
                format!("{}\n{place}", cut(Some(function), PATH_MAX))
            }
            What::Package { name, frames } => framed(name, *frames),
        };
        let share = 100.0 * placed.share;
        let [before, after] = placed.bytes;
        let before_and_after = if self.compared {
            format!(" ({} B before, {} B after)", grouped(before), grouped(after))
        } else {
            String::new()
        };
        let figure = self.figure(placed.bytes);
        format!("{what}\n{figure}{before_and_after}, {share:.1} %")
    }

    fn figure(&self, [before, after]: [u64; 2]) -> String {
        if self.compared {
            format!("{} B", change(before, after))
        } else {
            format!("{} B", grouped(after))
        }
    }
}

/// A little wider than the boxes, so that no letter is cut at the edge.
fn view_box(rows: f64) -> String {
    format!(
        "{:.0} 0 {:.0} {:.0}",
        -MARGIN,
        WIDTH + 2.0 * MARGIN,
        rows * ROW + MARGIN
    )
}

/// `actix_http, 14 frames`.
fn framed(name: &str, frames: usize) -> String {
    match frames {
        1 => name.to_owned(),
        _ => format!("{name}, {frames} frames"),
    }
}

/// The beginning of a text; nothing where there is room for a letter or two.
fn cut(text: Option<&String>, room: usize) -> String {
    let text = text.map_or("", String::as_str);
    match text.chars().count() {
        letters if letters <= room => text.to_owned(),
        _ if room < 4 => String::new(),
        _ => text.chars().take(room - 1).chain(['\u{2026}']).collect(),
    }
}
