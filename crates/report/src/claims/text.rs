//! The claims report as text of 80 columns and as a chapter of the book.

use super::{ClaimResult, ClaimVerdict, ClaimsReport, Entry};
use crate::wrap::{WIDTH, wrapped};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::fmt::Write;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Where a claim's text begins, and the verdicts below it.
const CLAIM: usize = 5;
/// Where evidence begins: behind the longest verdict.
const EVIDENCE: usize = 17;

fn style(verdict: ClaimVerdict) -> Style {
    let colour = match verdict {
        ClaimVerdict::Leaks | ClaimVerdict::Grows => AnsiColor::Red,
        ClaimVerdict::Bounded | ClaimVerdict::NoEffect => AnsiColor::Green,
        ClaimVerdict::WrongName | ClaimVerdict::NotMemory => AnsiColor::Cyan,
        ClaimVerdict::NotSettled => AnsiColor::Yellow,
    };
    colour.on_default()
}

/// For a terminal, with styles that the printer may strip.
pub fn text(report: &ClaimsReport) -> String {
    let mut text = String::new();
    for claim in &report.claims {
        let lines = wrapped(claim.text, WIDTH - CLAIM);
        for (n, line) in lines.iter().enumerate() {
            let id = if n == 0 { claim.id } else { "" };
            let _ = writeln!(text, "{BOLD}{id:<CLAIM$}{line}{BOLD:#}");
        }
        claim.findings.iter().for_each(|found| finding(&mut text, found));
        text.push('\n');
    }
    for line in wrapped(&summary(report), WIDTH) {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn finding(text: &mut String, found: &ClaimResult) {
    let measured = found.measured.iter().map(|measured| {
        format!("{} {}: {}", measured.lesson, measured.program, measured.figure)
    });
    let evidence = measured.chain(found.places.iter().cloned());
    let evidence = evidence.map(|text| (text, Style::new()));
    let room = WIDTH - EVIDENCE;
    let lines =
        evidence.chain([(found.reason.clone(), DIM)]).flat_map(|(text, style)| {
            wrapped(&text, room).into_iter().map(move |line| (line, style))
        });
    let (style, width) = (style(found.verdict), EVIDENCE - CLAIM);
    for (n, (line, dim)) in lines.enumerate() {
        let verdict = if n == 0 { found.verdict.as_str() } else { "" };
        let _ = writeln!(
            text,
            "{:CLAIM$}{style}{verdict:<width$}{style:#}{dim}{line}{dim:#}",
            ""
        );
    }
}

/// How many findings of each verdict there are, and what to do about open ones.
fn summary(report: &ClaimsReport) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for found in report.claims.iter().flat_map(|claim| &claim.findings) {
        *counts.entry(found.verdict.as_str()).or_default() += 1;
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
const INTRODUCTION: &str = "\
# Claims and verdicts

Many claims circulate about why an Actix Web service on DynamoDB grows, and what stops it.
This chapter checks the common ones against the measurements.
`leaklab claims --format markdown` wrote it from one run of `./scripts/compare.sh`; run both to check it on your machine.

| verdict | meaning |
|---|---|
| LEAKS | live bytes grow with the requests |
| GROWS | the peak grows with the size of the input and is freed afterwards |
| BOUNDED | the remedy stops the growth |
| NO EFFECT | it neither causes growth nor stops it |
| WRONG NAME | what it names does not exist |
| NOT MEMORY | no measurement of memory decides it |

A claim with several parts has several verdicts; the first one takes the claim literally.
Figures are bytes of live heap that each request adds; for peaks, `~n^1` is in proportion to the input and `~n^0` is independent of it.
The detection limit is the smallest slope that the run could tell from noise.
";

/// The chapter docs/claims.md.
pub fn markdown(report: &ClaimsReport) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (kind, title) in [("cause", "Causes"), ("remedy", "Remedies")] {
        let claims: Vec<_> =
            report.claims.iter().filter(|claim| claim.kind == kind).collect();
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
    let verdicts: Vec<_> =
        claim.verdicts().into_iter().map(ClaimVerdict::as_str).collect();
    let (id, verdicts) = (claim.id, verdicts.join(", "));
    let _ = writeln!(text, "| [{id}](#{anchor}) | {} | {verdicts} |", claim.text);
}

/// A finding as an item of a list, with the evidence below it.
fn item(text: &mut String, found: &ClaimResult) {
    let _ = writeln!(text, "- **{}**: {}", found.verdict.as_str(), found.reason);
    for measured in &found.measured {
        let (id, program, figure) =
            (measured.lesson, &measured.program, &measured.figure);
        let _ = writeln!(text, "  - [{id}](lessons/{id}.md), `{program}`: {figure}");
    }
    for place in &found.places {
        let file = match place.starts_with("service::api_names::") {
            true => " in `crates/service/src/api_names.rs`",
            false => "",
        };
        let _ = writeln!(text, "  - `{place}`{file}");
    }
}
