//! The line that holds the memory: its share, and the source around it.

use crate::ticks::{Line, Tick};
use crate::view::View;
use crate::window::OPEN_FOR;
use maud::{Markup, html};
use report::axis::bytes;
use report::figures::percent;

/// What is known of it, if a viewer asked.
pub(crate) fn panel(view: &View<'_>, tick: &Tick) -> Markup {
    match (view.line, tick.window, &view.ring.line) {
        (None, ..) => Markup::default(),
        (_, Some(service), _) => html! {
            p {
                "Recording the call stacks of " (view.name(view.place(service))) " for "
                (OPEN_FOR.as_secs()) " s, then naming them …"
            }
        },
        (Some(Some(why)), ..) => html! { p { "No line: " (why) "." } },
        (_, _, Some(line)) => found(view, line),
        _ => html! { p { "This run has no line." } },
    }
}

/// A line with its source.
pub(crate) fn found(view: &View<'_>, line: &Line) -> Markup {
    let place = view.place(line.service);
    let each = line.bytes as f64 / line.requests.max(1) as f64;
    let number = line.place.rsplit_once(':').and_then(|(_, n)| n.parse().ok());
    let indented = |text: &String| text.len() - text.trim_start().len();
    let filled = line.source.iter().map(|(_, text)| text);
    let indent = filled.filter(|text| !text.trim().is_empty()).map(indented).min();
    html! {
        p {
            b class=(view.class(place)) { (view.name(place)) } ": "
            code { (line.place) } " in " code { (line.function) } " holds "
            b { (percent(line.share)) } " of what " (line.requests) " requests "
            @if line.at_peak { "had at the peak, " (bytes(line.bytes as f64)) }
            @else { "left, " b { (bytes(each)) } " each" }
        }
        @if !line.source.is_empty() {
            pre tabindex="0" role="region" aria-label=(line.place) {
                @for (n, text) in &line.source {
                    div class=[(number == Some(*n)).then_some("marked")] {
                        i { (format!("{n:>4}")) } "  " (text.get(indent.unwrap_or_default()..).unwrap_or_default())
                    }
                }
            }
        }
        @if line.names_bytes > 0 {
            p { small { "Naming call stacks took " (bytes(line.names_bytes as f64)) " of this process; chart and limit leave them out." } }
        }
    }
}
