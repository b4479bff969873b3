//! Where the boxes of a graph lie.

use super::tree::{Node, What};

/// Width of a graph in its own units.
pub(super) const WIDTH: f64 = 1200.0;

/// Below this share of the whole, a box is too narrow to see.
const SHARE_MIN: f64 = 0.003;

/// Most boxes of a graph. A page has dozens of graphs, and a box takes 300 bytes.
const BOXES_MAX: usize = 100;

/// A box in its place.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) what: &'a What,
    /// Bytes before and after.
    pub(super) bytes: [u64; 2],
    /// Of the whole.
    pub(super) share: f64,
    /// Of the whole, of the box above.
    share_above: f64,
    /// Row, from the top.
    pub(super) depth: usize,
    pub(super) x: f64,
}

/// All boxes that are drawn, and what is not.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) boxes: Vec<Placed<'a>>,
    /// Share of the whole whose stacks go on in boxes too narrow to draw.
    pub(super) omitted: f64,
}

/// Places boxes, the widest first from the left, and leaves out the narrow ones.
pub(super) fn layout(root: &Node) -> Layout<'_> {
    let total = root.weight() as f64;
    let mut boxes = Vec::new();
    if total > 0.0 {
        let start = Placed {
            what: &root.what,
            bytes: root.bytes(),
            share: 1.0,
            share_above: f64::INFINITY,
            depth: 0,
            x: 0.0,
        };
        place(root, start, total, &mut boxes);
    }
    let least = least_drawn(&boxes);
    let cut =
        |placed: &&Placed<'_>| placed.share < least && placed.share_above >= least;
    let omitted = boxes.iter().filter(cut).map(|placed| placed.share).sum();
    boxes.retain(|placed| placed.share >= least);
    Layout { boxes, omitted }
}

fn place<'a>(
    node: &'a Node,
    placed: Placed<'a>,
    total: f64,
    boxes: &mut Vec<Placed<'a>>,
) {
    let Placed { share: share_above, depth, mut x, .. } = placed;
    boxes.push(placed);
    if share_above < SHARE_MIN {
        // Nothing below it can be wider.
        return;
    }
    let mut below: Vec<_> = node
        .children
        .values()
        .map(|child| (child.weight() as f64 / total, child))
        .filter(|(share, _)| *share > 0.0)
        .collect();
    below.sort_by(|(share, _), (other, _)| other.total_cmp(share));
    for (share, child) in below {
        let (what, bytes) = (&child.what, child.bytes());
        let depth = depth + 1;
        let next = Placed { what, bytes, share, share_above, depth, x };
        place(child, next, total, boxes);
        x += share * WIDTH;
    }
}

/// The least share that is drawn. No box is wider than the one above it, so what is
/// left hangs together.
fn least_drawn(boxes: &[Placed<'_>]) -> f64 {
    let mut shares: Vec<_> = boxes.iter().map(|placed| placed.share).collect();
    shares.sort_by(|share, other| other.total_cmp(share));
    let last = shares.get(BOXES_MAX).copied().unwrap_or(0.0);
    // The first that is too many goes, and those of its width with it.
    SHARE_MIN.max(last.next_up())
}
