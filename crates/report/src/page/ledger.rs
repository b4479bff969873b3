//! The ledger of claims.

use crate::comparison::Comparison;
use crate::ledger::{ClaimVerdict, Entry, Found, Ledger};
use maud::{Markup, html};
use model::CLAIMS;

/// Every claim with its verdict; the evidence folds out.
pub(super) fn section(comparison: &Comparison) -> Markup {
    let ledger = Ledger::of(comparison, CLAIMS);
    html! {
        section id="claims" {
            h2 { "What is said, and what was measured" }
            @for (kind, title) in [("cause", "Causes"), ("remedy", "Remedies")] {
                h3 { (title) }
                @for claim in ledger.claims.iter().filter(|claim| claim.kind == kind) {
                    (entry(comparison, claim))
                }
            }
        }
    }
}

fn entry(comparison: &Comparison, claim: &Entry) -> Markup {
    let mut verdicts: Vec<ClaimVerdict> = Vec::new();
    for found in &claim.findings {
        if !verdicts.contains(&found.verdict) {
            verdicts.push(found.verdict);
        }
    }
    html! {
        details class="claim" id=(claim.id) {
            summary {
                b { (claim.id) } " " (claim.text)
                @for verdict in verdicts { " " (self::verdict(verdict)) }
            }
            ul { @for found in &claim.findings { (finding(comparison, found)) } }
        }
    }
}

fn finding(comparison: &Comparison, found: &Found) -> Markup {
    // A comparison of few lessons settles a claim from those that it has.
    let here = |id: &str| comparison.lessons.iter().any(|lesson| lesson.id == id);
    html! {
        li {
            (verdict(found.verdict)) " " (found.reason)
            ul {
                @for measured in &found.measured {
                    li {
                        @if here(measured.lesson) {
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

fn verdict(verdict: ClaimVerdict) -> Markup {
    let class = match verdict {
        ClaimVerdict::Leaks | ClaimVerdict::Grows => "growth",
        ClaimVerdict::Bounded | ClaimVerdict::NoEffect => "still",
        ClaimVerdict::WrongName | ClaimVerdict::NotMemory => "other",
        ClaimVerdict::NotSettled => "unsure",
    };
    html! { span class={ "verdict " (class) } { (verdict.as_str()) } }
}
