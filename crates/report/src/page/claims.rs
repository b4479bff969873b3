//! The claims report.

use super::badge;
use crate::claims::{ClaimResult, ClaimsReport, Entry};
use crate::comparison::Comparison;
use maud::{Markup, html};

/// Every claim with its verdict; the evidence unfolds. Those that this run says nothing
/// about are together at the end.
pub(super) fn section(comparison: &Comparison) -> Markup {
    let report = ClaimsReport::of(comparison);
    let measured =
        |claim: &&Entry| claim.findings.iter().any(|f| !f.measured.is_empty());
    let (tested, others): (Vec<_>, Vec<_>) =
        report.claims.iter().partition(measured);
    html! {
        section id="claims" {
            h2 { "Common claims, and what was measured" }
            @for claim in tested { (entry(comparison, claim)) }
            @if !others.is_empty() {
                details class="others" {
                    summary { (others.len()) " claims need other lessons, or none" }
                    @for claim in others { (entry(comparison, claim)) }
                }
            }
        }
    }
}

fn entry(comparison: &Comparison, claim: &Entry) -> Markup {
    html! {
        details class="claim" id=(claim.id) {
            summary {
                b { (claim.id) } " " (claim.text) " " (badge(claim))
                @if let Some(literal) = claim.findings.first() { " " (literal.reason) }
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
