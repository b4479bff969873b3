//! The claims report: what a comparison says about every claim. Verdicts follow from
//! the findings of the crate `lessons` and the measured figures.

mod evaluate;
pub mod text;

use crate::comparison::{Comparison, Verdict};
use lessons::claims::{CLAIMS, Claim, Finding, Source};
use serde::Serialize;

/// What is found about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ClaimVerdict {
    /// Live bytes grow with the requests.
    #[serde(rename = "LEAKS")]
    Leaks,
    /// The peak grows with the size of the input.
    #[serde(rename = "GROWS")]
    Grows,
    /// The remedy stops the growth.
    #[serde(rename = "BOUNDED")]
    Bounded,
    /// It neither causes growth nor stops it.
    #[serde(rename = "NO EFFECT")]
    NoEffect,
    /// What it names does not exist.
    #[serde(rename = "WRONG NAME")]
    WrongName,
    /// No measurement of memory decides it.
    #[serde(rename = "NOT MEMORY")]
    NotMemory,
    /// The comparison lacks the evidence, or contradicts it.
    #[serde(rename = "NOT SETTLED")]
    NotSettled,
}

impl ClaimVerdict {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leaks => "LEAKS",
            Self::Grows => "GROWS",
            Self::Bounded => "BOUNDED",
            Self::NoEffect => "NO EFFECT",
            Self::WrongName => "WRONG NAME",
            Self::NotMemory => "NOT MEMORY",
            Self::NotSettled => "NOT SETTLED",
        }
    }
}

/// Every claim with what is found about it.
#[derive(Debug, Serialize)]
pub struct ClaimsReport {
    /// Schema of the comparison that was read.
    pub schema: u32,
    /// In the order of the claims.
    pub claims: Vec<Entry>,
}

/// A claim with what is found about it.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Of the claim.
    pub id: &'static str,
    /// `cause` or `remedy`.
    pub kind: &'static str,
    /// The claim.
    pub text: &'static str,
    /// At least one; the first takes the claim literally.
    pub findings: Vec<ClaimResult>,
}

impl Entry {
    /// The verdicts on it, each once, the first finding's first.
    pub fn verdicts(&self) -> Vec<ClaimVerdict> {
        let mut verdicts = Vec::new();
        for finding in &self.findings {
            if !verdicts.contains(&finding.verdict) {
                verdicts.push(finding.verdict);
            }
        }
        verdicts
    }
}

/// One finding about a claim.
#[derive(Debug, Serialize)]
pub struct ClaimResult {
    /// What is found.
    pub verdict: ClaimVerdict,
    /// The measurements behind it.
    pub measured: Vec<Measured>,
    /// Where else it can be looked up: items, sources, files.
    pub places: Vec<String>,
    /// Why it is so, or why it is not settled.
    pub reason: String,
}

/// One measurement as evidence.
#[derive(Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The lesson or control.
    pub lesson: &'static str,
    /// `leaky`, `fixed` or a failed fix.
    pub program: &'static str,
    /// Its verdict in the comparison.
    pub verdict: Verdict,
    /// Its figure, in words.
    pub figure: String,
}

impl ClaimsReport {
    /// What a comparison says about every claim.
    pub fn of(comparison: &Comparison) -> Self {
        let entry = |claim: &Claim| Entry {
            id: claim.id,
            kind: claim.kind(),
            text: claim.text,
            findings: claim
                .findings()
                .iter()
                .map(|f| result(f, comparison))
                .collect(),
        };
        Self {
            schema: comparison.schema,
            claims: CLAIMS.iter().map(entry).collect(),
        }
    }

    /// Whether the comparison settles every claim.
    pub fn is_settled(&self) -> bool {
        let mut findings = self.claims.iter().flat_map(|claim| &claim.findings);
        findings.all(|finding| finding.verdict != ClaimVerdict::NotSettled)
    }
}

fn result(finding: &Finding, comparison: &Comparison) -> ClaimResult {
    let mut result = ClaimResult {
        verdict: ClaimVerdict::NotSettled,
        measured: Vec::new(),
        places: Vec::new(),
        reason: finding.reason().to_owned(),
    };
    match finding {
        Finding::Read(read) => {
            (result.verdict, result.places) = looked_up(&read.source);
        }
        Finding::Measured(lesson, settles) => {
            match evaluate::evaluate(lesson.id, settles.shown_by, comparison) {
                Ok(shown) => (result.verdict, result.measured) = shown,
                Err(why) => result.reason = why,
            }
        }
    }
    result
}

/// What follows from reading, and where it can be checked.
fn looked_up(source: &Source) -> (ClaimVerdict, Vec<String>) {
    let file = |package, version, file| vec![format!("{package} {version}, {file}")];
    match *source {
        Source::Names(items) => {
            let item = |item: &&str| format!("service::api_names::{item}");
            (ClaimVerdict::WrongName, items.iter().map(item).collect())
        }
        Source::Absent(package, version, path) => {
            (ClaimVerdict::WrongName, file(package, version, path))
        }
        Source::Frees(package, version, path) => {
            (ClaimVerdict::NoEffect, file(package, version, path))
        }
        Source::Elsewhere(files) => {
            let files = files.iter().map(|&file| file.to_owned()).collect();
            (ClaimVerdict::NotMemory, files)
        }
    }
}
