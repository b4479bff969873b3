//! The ledger as text of 80 columns and as a chapter of the book.

use crate::ledger::{ClaimVerdict, Entry, Found, Ledger};
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
pub fn text(ledger: &Ledger) -> String {
    let mut text = String::new();
    for claim in &ledger.claims {
        let lines = wrapped(claim.text, WIDTH - CLAIM);
        for (n, line) in lines.iter().enumerate() {
            let id = if n == 0 { claim.id } else { "" };
            let _ = writeln!(text, "{BOLD}{id:<CLAIM$}{line}{BOLD:#}");
        }
        for found in &claim.findings {
            finding(&mut text, found);
        }
        text.push('\n');
    }
    text.push_str(&summary(ledger));
    text.push('\n');
    text
}

fn finding(text: &mut String, found: &Found) {
    let shown = style(found.verdict);
    let width = EVIDENCE - CLAIM;
    let verdict = format!("{shown}{:<width$}{shown:#}", found.verdict.as_str());
    let measured = found.measured.iter().map(|measured| {
        format!("{} {}: {}", measured.lesson, measured.program, measured.figure)
    });
    let evidence = measured.chain(found.places.iter().cloned());
    let mut lines: Vec<String> =
        evidence.flat_map(|line| wrapped(&line, WIDTH - EVIDENCE)).collect();
    let figures = lines.len();
    lines.extend(wrapped(&found.reason, WIDTH - EVIDENCE));
    for (n, line) in lines.iter().enumerate() {
        let margin = if n == 0 { verdict.as_str() } else { &" ".repeat(width) };
        let dim = if n < figures { Style::new() } else { DIM };
        let _ = writeln!(text, "{:CLAIM$}{margin}{dim}{line}{dim:#}", "");
    }
}

/// How many findings of each verdict there are, and what to do about open ones.
fn summary(ledger: &Ledger) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for found in ledger.findings() {
        *counts.entry(found.verdict.as_str()).or_default() += 1;
    }
    let claims = ledger.claims.len();
    let findings: usize = counts.values().sum();
    let counts: Vec<_> =
        counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let open = ledger.findings().any(|f| f.verdict == ClaimVerdict::NotSettled);
    let cure = if open {
        " What is not settled says which lesson it needs; ./scripts/compare.sh runs \
         all."
    } else {
        ""
    };
    let text = format!(
        "{claims} claims, {findings} findings: {}.{cure}",
        counts.join(", ")
    );
    wrapped(&text, WIDTH).join("\n")
}

/// What a reader of the book sees before the claims.
const INTRODUCTION: &str = "\
# Claims and verdicts

Much is said about why an Actix Web service on DynamoDB grows, and what to do about it.
This chapter takes the common statements one by one and says what the measurements make of them.
`leaklab claims --format markdown` wrote it from one run of `./scripts/compare.sh`; the same command makes it again from yours.

| verdict | meaning |
|---|---|
| LEAKS | live bytes grow with the requests |
| GROWS | the peak grows with the input and is given back |
| BOUNDED | the remedy stops the growth |
| NO EFFECT | it neither causes growth nor stops it |
| WRONG NAME | what it names does not exist |
| NOT MEMORY | no measurement of memory decides it |

A claim has several verdicts where it has several parts; the first one takes it at its word.
Figures are live heap bytes that a request leaves behind; for peaks, `~n^1` is in proportion to the input and `~n^0` does not depend on it.
\"Unseen below\" is the smallest slope that the run could have told from its own noise.
";

/// The chapter docs/claims.md.
pub fn markdown(ledger: &Ledger) -> String {
    let mut text = INTRODUCTION.to_owned();
    for (kind, title) in [("cause", "Causes"), ("remedy", "Remedies")] {
        let claims = || ledger.claims.iter().filter(|claim| claim.kind == kind);
        let _ =
            write!(text, "\n## {title}\n\n| | claim | verdict |\n|---|---|---|\n");
        for claim in claims() {
            let anchor = claim.id.to_lowercase();
            let _ = writeln!(
                text,
                "| [{}](#{anchor}) | {} | {} |",
                claim.id,
                claim.text,
                verdicts(claim)
            );
        }
        for claim in claims() {
            let _ = write!(text, "\n### {}\n\n*{}*\n\n", claim.id, claim.text);
            for found in &claim.findings {
                item(&mut text, found);
            }
        }
    }
    text
}

/// The verdicts on a claim, each once, the first one first.
fn verdicts(claim: &Entry) -> String {
    let mut verdicts: Vec<&str> = Vec::new();
    for found in &claim.findings {
        if !verdicts.contains(&found.verdict.as_str()) {
            verdicts.push(found.verdict.as_str());
        }
    }
    verdicts.join(", ")
}

/// A finding as an item of a list, with the evidence below it.
fn item(text: &mut String, found: &Found) {
    let _ = writeln!(text, "- **{}**: {}", found.verdict.as_str(), found.reason);
    for measured in &found.measured {
        let (id, program, figure) =
            (measured.lesson, &measured.program, &measured.figure);
        let _ = writeln!(text, "  - [{id}](lessons/{id}.md), `{program}`: {figure}");
    }
    for place in &found.places {
        let place = match place.strip_prefix("service::api_names::") {
            Some(_) => format!("`{place}` in `crates/service/src/api_names.rs`"),
            None => format!("`{place}`"),
        };
        let _ = writeln!(text, "  - {place}");
    }
}
