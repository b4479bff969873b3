//! The claims report as text of 80 columns and as a chapter of the book.

use super::{ClaimResult, ClaimsReport, Entry};
use crate::terminal::{BOLD, DIM, Lines, PLAIN, Told, WIDTH, told};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Where a claim's text begins, and the verdicts below it.
const CLAIM: usize = 5;

/// Where evidence begins: behind the longest verdict.
const EVIDENCE: usize = 17;

/// For a terminal, with styles that the printer may strip.
pub fn text(report: &ClaimsReport) -> String {
    let mut lines = Lines::new(WIDTH);
    for claim in &report.claims {
        let id = format!("{BOLD}{:<CLAIM$}{BOLD:#}", claim.id);
        lines.filled(BOLD, claim.text, &id, &" ".repeat(CLAIM));
        claim.findings.iter().for_each(|found| finding(&mut lines, found));
        lines.line("");
    }
    lines.paragraph(&summary(report));
    lines.text
}

fn finding(lines: &mut Lines, found: &ClaimResult) {
    let measured = found.measured.iter().map(|measured| {
        format!("{} {}: {}", measured.lesson, measured.program, measured.figure)
    });
    let evidence = measured.chain(found.places.iter().cloned());
    let evidence = evidence.map(|text| (PLAIN, text));
    let texts = evidence.chain([(DIM, found.reason.clone())]);
    told(lines, found.verdict, [CLAIM, EVIDENCE], texts);
}

/// How many findings of each verdict there are, and what to do about open ones.
fn summary(report: &ClaimsReport) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for found in report.claims.iter().flat_map(|claim| &claim.findings) {
        *counts.entry(found.verdict.word()).or_default() += 1;
    }
    let (claims, findings) = (report.claims.len(), counts.values().sum::<usize>());
    let counts: Vec<_> =
        counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let cure = match report.is_settled() {
        true => "",
        false => " ./scripts/compare.sh measures the lessons that are missing.",
    };
    format!("{claims} claims, {findings} findings: {}.{cure}", counts.join(", "))
}

/// The chapter before the claims.
const INTRODUCTION: &str = include_str!("introduction.md");

/// The chapter docs/claims.md.
pub fn markdown(report: &ClaimsReport) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (title, claims) in report.groups() {
        let _ =
            write!(text, "\n## {title}\n\n| | claim | verdict |\n|---|---|---|\n");
        claims.iter().for_each(|claim| row(&mut text, claim));
        for claim in claims {
            let _ = write!(text, "\n### {}\n\n*{}*\n\n", claim.id, claim.text);
            claim.findings.iter().for_each(|found| item(&mut text, found));
        }
    }
    text
}

fn row(text: &mut String, claim: &Entry) {
    let anchor = claim.id.to_lowercase();
    let verdicts: Vec<_> = claim.verdicts().into_iter().map(Told::word).collect();
    let (id, verdicts) = (claim.id, verdicts.join(", "));
    let _ = writeln!(text, "| [{id}](#{anchor}) | {} | {verdicts} |", claim.text);
}

/// A finding as an item of a list, with the evidence below it.
fn item(text: &mut String, found: &ClaimResult) {
    let _ = writeln!(text, "- **{}**: {}", found.verdict.word(), found.reason);
    for measured in &found.measured {
        let (id, program, figure) =
            (measured.lesson, &measured.program, &measured.figure);
        let _ = writeln!(text, "  - [{id}](lessons/{id}.md), `{program}`: {figure}");
    }
    for place in &found.places {
        let _ = match place.strip_prefix("docs/") {
            Some(page) => writeln!(text, "  - [`{place}`]({page})"),
            None => writeln!(text, "  - `{place}`"),
        };
    }
}
