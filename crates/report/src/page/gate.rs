//! How the run stands against an older one.

use crate::baseline::{Gate, GatedSite, State};
use crate::comparison::Comparison;
use crate::figures;
use maud::{Markup, html};

/// Every site that counts in one of the runs; nothing where there was no older one.
pub(super) fn section(comparison: &Comparison) -> Markup {
    let Some(gate) = &comparison.baseline else { return html! {} };
    html! {
        section id="baseline" {
            h2 { "Against " code { (gate.file) } }
            p { (answer(gate)) }
            @for note in &gate.notes { p class="surprise" { "! " (note) } }
            div class="wide" tabindex="0" role="region" aria-label="Sites against the baseline" {
                table {
                    thead { tr {
                        th scope="col" { "State" } th scope="col" { "Lesson" } th scope="col" { "Line or code" }
                        th scope="col" { "Before, B a request" } th scope="col" { "Now, B a request" }
                    } }
                    tbody {
                        @for state in State::ALL {
                            @for site in gate.in_state(state) { (row(site)) }
                        }
                    }
                }
            }
        }
    }
}

fn answer(gate: &Gate) -> String {
    let counts =
        State::ALL.map(|state| (gate.in_state(state).count(), state.as_str()));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> =
        counts.map(|(count, state)| format!("{count} {state}")).collect();
    let verdict =
        if gate.passed { "Nothing new grows" } else { "Something new grows" };
    match counts.is_empty() {
        true => format!("{verdict}: no site counts in either run."),
        false => format!("{verdict}: {}.", counts.join(", ")),
    }
}

fn row(site: &GatedSite) -> Markup {
    let class = match site.state {
        State::New | State::Grown => "growth",
        State::Accepted => "unsure",
        State::Known | State::Fixed => "still",
    };
    let figure = |bytes: Option<f64>| bytes.map_or_else(String::new, figures::bytes);
    html! {
        tr {
            td { span class={ "verdict " (class) } { (site.state.as_str()) } }
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
