//! Where the boxes of a graph lie.

use super::tree::Node;

/// Width of a graph in its own units.
pub(super) const WIDTH: f64 = 1200.0;

/// A narrower box, as a share of the whole, is too narrow to see.
const SHARE_MIN: f64 = 0.003;

/// Most boxes of a graph. A page has dozens of graphs, and a box takes 300 bytes.
const BOXES_MAX: usize = 100;

/// A box with its position.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) node: &'a Node,
    /// Share of the whole.
    pub(super) share: f64,
    /// The share of the box above.
    share_above: f64,
    /// Row from the top.
    pub(super) depth: usize,
    pub(super) x: f64,
}

/// The boxes that are drawn.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub(super) boxes: Vec<Placed<'a>>,
    /// Share of the whole that continues in boxes too narrow to draw.
    pub(super) omitted: f64,
}

/// Places boxes, the widest first from the left, and leaves out narrow ones.
pub(super) fn layout(root: &Node) -> Layout<'_> {
    let total = root.weight() as f64;
    let mut boxes = Vec::new();
    if total > 0.0 {
        let share_above = f64::INFINITY;
        let start = Placed { node: root, share: 1.0, share_above, depth: 0, x: 0.0 };
        place(start, total, &mut boxes);
    }
    let least = least_drawn(&boxes);
    let cut =
        |placed: &&Placed<'_>| placed.share < least && placed.share_above >= least;
    let omitted = boxes.iter().filter(cut).map(|placed| placed.share).sum();
    boxes.retain(|placed| placed.share >= least);
    Layout { boxes, omitted }
}

fn place<'a>(placed: Placed<'a>, total: f64, boxes: &mut Vec<Placed<'a>>) {
    let Placed { node, share: share_above, depth, mut x, .. } = placed;
    boxes.push(placed);
    // No box is wider than the one above it.
    if share_above < SHARE_MIN {
        return;
    }
    let children = node.children.values();
    let mut below: Vec<_> =
        children.map(|child| (child.weight() as f64 / total, child)).collect();
    below.sort_by(|(share, _), (other, _)| other.total_cmp(share));
    for (share, node) in below.into_iter().filter(|(share, _)| *share > 0.0) {
        place(
            Placed { node, share, share_above, depth: depth + 1, x },
            total,
            boxes,
        );
        x += share * WIDTH;
    }
}

/// The smallest share that is drawn.
fn least_drawn(boxes: &[Placed<'_>]) -> f64 {
    let mut shares: Vec<_> = boxes.iter().map(|placed| placed.share).collect();
    shares.sort_by(|share, other| other.total_cmp(share));
    // The first box above the limit goes, and with it all of its width.
    let surplus = shares.get(BOXES_MAX).copied().unwrap_or(0.0);
    SHARE_MIN.max(surplus.next_up())
}
