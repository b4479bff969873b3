//! The ledger: what a comparison says about every claim. Verdicts follow from the
//! rules in `model::claims` and the measured figures, and are stored nowhere.

mod rules;
#[cfg(test)]
mod tests;

use crate::comparison::{Comparison, Verdict};
use model::claims::{Claim, Finding, Rule};
use rules::settle;
use serde::Serialize;

/// What is found out about a claim.
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

/// Every claim with its findings.
#[derive(Debug, Serialize)]
pub struct Ledger {
    /// Version of the comparison that was read.
    pub schema: u32,
    /// In the order of the claims.
    pub claims: Vec<Entry>,
}

/// A claim with its findings.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Of the claim.
    pub id: &'static str,
    /// `cause` or `remedy`.
    pub kind: &'static str,
    /// The claim.
    pub text: &'static str,
    /// At least one; the first takes the claim at its word.
    pub findings: Vec<Found>,
}

/// One part of an answer.
#[derive(Debug, Serialize)]
pub struct Found {
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
#[derive(Debug, Serialize)]
pub struct Measured {
    /// The lesson or control.
    pub lesson: &'static str,
    /// `leaky`, `fixed` or a variant.
    pub program: String,
    /// Its verdict in the comparison.
    pub verdict: Verdict,
    /// Its figure, in words.
    pub figure: String,
}

impl Ledger {
    /// Applies every claim's rules to a comparison.
    pub fn of(comparison: &Comparison, claims: &'static [Claim]) -> Self {
        let entry = |claim: &'static Claim| Entry {
            id: claim.id,
            kind: claim.kind.as_str(),
            text: claim.text,
            findings: claim.findings.iter().map(|f| found(f, comparison)).collect(),
        };
        Self {
            schema: comparison.schema,
            claims: claims.iter().map(entry).collect(),
        }
    }

    /// Every finding.
    pub fn findings(&self) -> impl Iterator<Item = &Found> {
        self.claims.iter().flat_map(|claim| &claim.findings)
    }
}

fn found(finding: &Finding, comparison: &Comparison) -> Found {
    match settle(&finding.rule, comparison) {
        Ok((verdict, measured)) => Found {
            verdict,
            measured,
            places: places(&finding.rule),
            reason: finding.reason.to_owned(),
        },
        Err(why) => Found {
            verdict: ClaimVerdict::NotSettled,
            measured: Vec::new(),
            places: Vec::new(),
            reason: why,
        },
    }
}

/// Where a finding that rests on no measurement can be checked.
fn places(rule: &Rule) -> Vec<String> {
    match rule {
        Rule::Names(items) => {
            items.iter().map(|item| format!("service::api_names::{item}")).collect()
        }
        Rule::Source { package, version, file, .. } => {
            vec![format!("{package} {version}, {file}")]
        }
        Rule::Elsewhere(files) => {
            files.iter().map(|&file| file.to_owned()).collect()
        }
        _ => Vec::new(),
    }
}
