//! The claims report.

use super::badge;
use crate::claims::{ClaimResult, ClaimsReport, Entry};
use crate::comparison::Comparison;
use maud::{Markup, html};

/// Every claim with its verdicts; the evidence unfolds.
pub(super) fn section(comparison: &Comparison) -> Markup {
    let report = ClaimsReport::of(comparison);
    html! {
        section id="claims" {
            h2 { "Common claims, and what was measured" }
            @for (title, claims) in report.groups() {
                h3 { (title) }
                @for claim in claims { (entry(comparison, claim)) }
            }
        }
    }
}

fn entry(comparison: &Comparison, claim: &Entry) -> Markup {
    html! {
        details class="claim" id=(claim.id) {
            summary {
                b { (claim.id) } " " (claim.text)
                @for verdict in claim.verdicts() { " " (badge(verdict)) }
            }
            ul { @for found in &claim.findings { (finding(comparison, found)) } }
        }
    }
}

fn finding(comparison: &Comparison, found: &ClaimResult) -> Markup {
    html! {
        li {
            (badge(found.verdict)) " " (found.reason)
            ul {
                @for measured in &found.measured {
                    li {
                        // A lesson has a section only where it was measured.
                        @if comparison.lesson(measured.lesson).is_some() {
                            a href={ "#" (measured.lesson) } { (measured.lesson) }
                        } @else { (measured.lesson) }
                        ", " (measured.program) ": " (measured.figure)
                    }
                }
                @for place in &found.places { li { code { (place) } } }
            }
        }
    }
}
