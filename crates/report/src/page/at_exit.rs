//! What a tool that looks at exit could see: what was alive while the service ran, and
//! what was left when it had been stopped in order.

use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use maud::{Markup, html};

/// Of each twin whose end was measured; nothing where there was none.
pub(super) fn section(lesson: &LessonResult) -> Markup {
    let of = |(name, twin)| Some((name, seen(twin)?));
    let twins: Vec<(&str, String)> =
        super::twins(lesson).into_iter().filter_map(of).collect();
    html! {
        @if !twins.is_empty() {
            details class="part" open {
                summary { h3 { "What a tool that looks at exit could see" } }
                ul { @for (name, seen) in twins { li { b { (name) } ": " (seen) } } }
            }
        }
    }
}

fn seen(twin: &TwinResult) -> Option<String> {
    let before = twin.live_bytes_before_exit?;
    let size = |bytes: u64| format!("{} B", figures::grouped(bytes as f64));
    let Some(after) = twin.live_bytes_at_exit else {
        return Some(format!(
            "{} were alive. The service did not end when it was asked to, because of \
             requests or work that nobody ends, so it was killed: there was no exit \
             to look at.",
            size(before)
        ));
    };
    let share = 100.0 * after as f64 / before.max(1) as f64;
    Some(format!(
        "{} were alive; after an orderly end {} were left for it to see, {share:.0} %.",
        size(before),
        size(after)
    ))
}
