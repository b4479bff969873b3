//! The line that holds the memory: its share, and the source around it.

use crate::run::Window;
use crate::ticks::{Found, Tick};
use crate::view::View;
use crate::window::OPEN_FOR;
use maud::{Markup, html};
use report::axis::bytes;

/// What is known of it, if a viewer asked.
pub(crate) fn panel(view: &View<'_>, tick: &Tick) -> Markup {
    let Some(window) = view.window else { return Markup::default() };
    match (tick.window, window, view.ring.lines.last()) {
        (Some(service), ..) => html! {
            p {
                "Recording the call stacks of " (view.name(view.place(service))) " for "
                (OPEN_FOR.as_secs()) " s, then naming them …"
            }
        },
        (_, Window::Failed(why), _) => html! { p { "No line: " (why) "." } },
        (_, _, Some(newest)) => found(view, newest),
        (_, _, None) => html! { p { "No line was asked for in this run." } },
    }
}

/// A line with its source.
pub(crate) fn found(view: &View<'_>, found: &Found) -> Markup {
    let Found { service, requests, names_bytes, line, .. } = found;
    let place = view.place(*service);
    let each = line.bytes as f64 / (*requests).max(1) as f64;
    let number = line.place.rsplit_once(':').and_then(|(_, n)| n.parse().ok());
    let indented = |text: &String| text.len() - text.trim_start().len();
    let filled = line.source.iter().map(|(_, text)| text);
    let indent = filled.filter(|text| !text.trim().is_empty()).map(indented).min();
    html! {
        p {
            b class=(view.class(place)) { (view.name(place)) } ": "
            code { (line.place) } " in " code { (line.function) } " holds "
            b { (share(found)) } " of what " (requests) " requests "
            @if line.at_peak { "had at the peak, " (bytes(line.bytes as f64)) }
            @else { "left, " b { (bytes(each)) } " each" }
        }
        @if !line.source.is_empty() {
            pre tabindex="0" aria-label=(line.place) {
                @for (n, text) in &line.source {
                    div class=[(number == Some(*n)).then_some("marked")] {
                        i { (format!("{n:>4}")) } "  " (text.get(indent.unwrap_or_default()..).unwrap_or_default())
                    }
                }
            }
        }
        @if *names_bytes > 0 {
            p { small { "Naming call stacks took " (bytes(*names_bytes as f64)) " of this process; chart and limit leave them out." } }
        }
    }
}

/// The file without its folder, and the line.
pub(crate) fn file(found: &Found) -> &str {
    found.line.place.rsplit('/').next().unwrap_or_default()
}

/// `97 %`.
pub(crate) fn share(found: &Found) -> String {
    format!("{:.0} %", found.line.share * 100.0)
}
