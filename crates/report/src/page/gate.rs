//! How the run compares with its baseline.

use super::{badge, table};
use crate::baseline::{GatedSite, State};
use crate::comparison::Comparison;
use crate::{figures, gate};
use maud::{Markup, html};

/// Every site that counts in one of the runs; nothing without a baseline.
pub(super) fn section(comparison: &Comparison) -> Markup {
    let Some(result) = &comparison.baseline else { return html! {} };
    let heads = [
        "State",
        "Lesson",
        "Line or code",
        "Before, B per request",
        "Now, B per request",
    ];
    let rows = html! {
        @for state in State::ALL {
            @for site in result.in_state(state) { (row(site)) }
        }
    };
    html! {
        section id="baseline" {
            h2 { "Against " code { (result.file) } }
            p { (gate::sentence(result)) }
            @for note in &result.notes { p class="mismatch" { "! " (note) } }
            (table("Sites against the baseline", "states", &heads, &rows))
        }
    }
}

fn row(site: &GatedSite) -> Markup {
    let figure = |bytes: Option<f64>| bytes.map_or_else(String::new, figures::bytes);
    html! {
        tr {
            td { (badge(site.state)) }
            td { (site.lesson) ", " (site.twin) }
            td {
                code { (site.place()) }
                @if let Some(reason) = &site.reason { ": " (reason) }
            }
            td class="number" { (figure(site.baseline_bytes_per_request)) }
            td class="number" { (figure(site.bytes_per_request)) }
        }
    }
}
