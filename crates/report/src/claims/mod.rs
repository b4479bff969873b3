//! The claims report: what a comparison says about every claim. Verdicts follow from
//! the findings of the crate `lessons` and the measured figures.

mod evaluate;
pub mod text;

use crate::comparison::{Comparison, Verdict};
use crate::terminal::{Told, Tone};
use lessons::claims::{CLAIMS, Claim, Evidence, Finding, Source};
use serde::Serialize;

/// What is found about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum ClaimVerdict {
    /// Live bytes grow with the requests.
    Leaks,
    /// The peak grows with the size of the input.
    Grows,
    /// The remedy stops the growth.
    Bounded,
    /// It neither causes growth nor stops it.
    NoEffect,
    /// What it names does not exist.
    WrongName,
    /// No measurement of memory decides it.
    NotMemory,
    /// The comparison lacks the evidence, or contradicts it.
    NotSettled,
}

impl Told for ClaimVerdict {
    fn told(self) -> (&'static str, Tone) {
        match self {
            Self::Leaks => ("LEAKS", Tone::GROWTH),
            Self::Grows => ("GROWS", Tone::GROWTH),
            Self::Bounded => ("BOUNDED", Tone::STILL),
            Self::NoEffect => ("NO EFFECT", Tone::STILL),
            Self::WrongName => ("WRONG NAME", Tone::OTHER),
            Self::NotMemory => ("NOT MEMORY", Tone::OTHER),
            Self::NotSettled => ("NOT SETTLED", Tone::UNSURE),
        }
    }
}

impl From<ClaimVerdict> for &'static str {
    fn from(verdict: ClaimVerdict) -> Self {
        verdict.word()
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

impl Told for &Entry {
    /// One verdict. The first finding takes the claim literally: if it speaks against the
    /// claim, the claim is false; if only others do, it is true in part. A failed fix
    /// says nothing against a cause.
    fn told(self) -> (&'static str, Tone) {
        use ClaimVerdict::{
            Bounded, Leaks, NoEffect, NotMemory, NotSettled, WrongName,
        };
        let cause = self.kind == "cause";
        let against = |found: &ClaimResult| match found.verdict {
            NoEffect => !cause || found.measured.iter().all(Measured::is_twin),
            WrongName => true,
            verdict => verdict == if cause { Bounded } else { Leaks },
        };
        match self.findings.first() {
            Some(literal) if [NotMemory, NotSettled].contains(&literal.verdict) => {
                ("NOT TESTED", Tone::OTHER)
            }
            Some(literal) if against(literal) => ("FALSE", Tone::GROWTH),
            _ if self.findings.iter().any(against) => ("PARTLY", Tone::UNSURE),
            _ => ("TRUE", Tone::STILL),
        }
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
    pub program: String,
    /// Its verdict in the comparison.
    pub verdict: Verdict,
    /// Its figure, in words.
    pub figure: String,
}

impl Measured {
    fn is_twin(&self) -> bool {
        ["leaky", "fixed"].contains(&&*self.program)
    }
}

impl ClaimsReport {
    /// What a comparison says about every claim.
    pub fn of(comparison: &Comparison) -> Self {
        let found = |finding: &Finding<_>| result(finding, comparison);
        let entry = |claim: &'static Claim| Entry {
            id: &claim.id,
            kind: claim.kind(),
            text: &claim.text,
            findings: claim.findings().iter().map(found).collect(),
        };
        let claims = CLAIMS.claims.iter().map(entry).collect();
        Self { schema: comparison.schema, claims }
    }

    /// Causes and remedies: the title, and the claims.
    pub fn groups(&self) -> [(&'static str, Vec<&Entry>); 2] {
        [("cause", "Causes"), ("remedy", "Remedies")].map(|(kind, title)| {
            (title, self.claims.iter().filter(|claim| claim.kind == kind).collect())
        })
    }

    /// Whether the comparison settles every claim.
    pub fn is_settled(&self) -> bool {
        let mut findings = self.claims.iter().flat_map(|claim| &claim.findings);
        findings.all(|finding| finding.verdict != ClaimVerdict::NotSettled)
    }
}

fn result(finding: &Finding<Evidence>, comparison: &Comparison) -> ClaimResult {
    let mut result = ClaimResult {
        verdict: ClaimVerdict::NotSettled,
        measured: Vec::new(),
        places: Vec::new(),
        reason: finding.reason.clone(),
    };
    match &finding.evidence {
        Evidence::Read(source) => {
            (result.verdict, result.places) = looked_up(source);
        }
        Evidence::Measured(lesson, shown_by) => {
            match evaluate::evaluate(lesson.id, shown_by, comparison) {
                Ok(shown) => (result.verdict, result.measured) = shown,
                Err(why) => result.reason = why,
            }
        }
    }
    result
}

/// What follows from reading, and where it can be checked.
fn looked_up(source: &Source) -> (ClaimVerdict, Vec<String>) {
    let file = |[package, version, file]: [&String; 3]| {
        vec![format!("{package} {version}, {file}")]
    };
    match source {
        Source::Names(names) => {
            let place = |name| format!("docs/api-names.md#{name}");
            (ClaimVerdict::WrongName, names.iter().map(place).collect())
        }
        Source::Absent(package, version, path) => {
            (ClaimVerdict::WrongName, file([package, version, path]))
        }
        Source::Frees(package, version, path) => {
            (ClaimVerdict::NoEffect, file([package, version, path]))
        }
        Source::Elsewhere(files) => (ClaimVerdict::NotMemory, files.clone()),
    }
}
