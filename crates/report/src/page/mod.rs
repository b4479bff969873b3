//! The report: one page that needs no server, no network and no script, made from a
//! comparison, its profiles and the twins' sources.

mod at_exit;
mod charts;
mod document;
mod folder;
mod gate;
mod ledger;
mod lesson;
mod overview;
mod sites;
mod source;
mod stacks;

pub use document::render;
pub use folder::Folder;

use crate::comparison::{LessonResult, TwinResult};

/// Name of the page in the folder of its comparison.
pub const FILE: &str = "report.html";

/// The order in which twins are told: what grows, then what stops it; other names, as
/// of variants, follow.
fn twins(lesson: &LessonResult) -> Vec<(&str, &TwinResult)> {
    let named = lesson.twins.iter().map(|(name, twin)| (name.as_str(), twin));
    let mut twins: Vec<_> = named.collect();
    twins.sort_by_key(|(name, _)| match *name {
        "leaky" => 0,
        "fixed" => 1,
        _ => 2,
    });
    twins
}
