//! The failed fixes, one file each, and how they are collected.

mod l01_unbounded_channel;
mod l02_arc_client;
mod l06_acquire_in_handler;
mod l07_longer_timeout;
mod l11_shrink_to_fit;

mod c01_planted_leak;

use service::{Context, Lesson};

/// Builds all of them, once for the whole service. The server's own settings are actix's
/// defaults.
pub(crate) fn all(context: &Context) -> Vec<Lesson> {
    vec![
        l01_unbounded_channel::lesson(context),
        l02_arc_client::lesson(context),
        l06_acquire_in_handler::lesson(context),
        l07_longer_timeout::lesson(context),
        l11_shrink_to_fit::lesson(context),
        c01_planted_leak::lesson(context),
    ]
}
