//! What is commonly said about leaks in such services, and what settles each claim.
//!
//! A finding is one part of the answer to a claim. Most findings rest on a lesson, whose
//! chapter has them in its front matter. The others rest on source code; `claims.toml`
//! has them beside the claims. No verdict is stored: each follows from a comparison.

use crate::chapters::chapter;
use crate::lesson::Lesson;
use crate::lessons::LESSONS;
use serde::Deserialize;
use std::sync::LazyLock;

/// All of `claims.toml`.
pub static CLAIMS: LazyLock<Claims> = LazyLock::new(|| {
    toml::from_str(include_str!("../claims.toml")).expect("a test reads the file")
});

/// The claims, and what reading says about them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Every claim, causes first.
    pub claims: Vec<Claim>,
    /// Findings that rest on source code.
    pub read: Vec<Finding<Source>>,
}

/// A statement that can be true or not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// `C01` to `C15` for suspected causes, `R1` to `R6` for suggested remedies.
    pub id: String,
    /// The statement, in one sentence.
    pub text: String,
}

/// One part of the answer to a claim.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding<E> {
    /// `C02.1`: the claim, and the place among its findings.
    #[serde(rename = "finding")]
    pub name: String,
    /// What must hold for the reason to hold.
    pub evidence: E,
    /// Why it is so, in one sentence.
    pub reason: String,
}

/// What a finding rests on.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// The measurement of a lesson.
    Measured(&'static Lesson, ShownBy),
    /// Reading.
    Read(Source),
}

/// What a comparison must show of a lesson, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShownBy {
    /// `leaky` grows and `fixed` does not: the claim is right.
    Leak,
    /// The same: the remedy stops the growth.
    Fix,
    /// Neither twin grows: no effect.
    Control,
    /// The failed fix of this name grows as `leaky` does: no effect.
    FailedFix(String),
    /// The same, where the failed fix is what the claim warns of: the claim is right.
    Misstep(String),
    /// `leaky` grows although no response fails: a look at responses has no effect.
    NoErrors,
    /// Neither twin grows or keeps connections: no effect.
    OpenFiles,
    /// Resident memory shows at least half of the growth of `leaky`: the claim is right.
    Resident,
    /// Resident memory differs between the twins, although neither grows: a look at it
    /// has no effect.
    ResidentAlone,
}

/// What was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Headings of docs/api-names.md, whose examples the compiler rejects: what the claim
    /// names does not exist.
    Names(Vec<String>),
    /// A crate, its version and a file in it: what the claim names is not there.
    Absent(String, String, String),
    /// A crate, its version and a file in it: it frees what it held when it is dropped.
    Frees(String, String, String),
    /// Files of this repository: the claim is not about memory.
    Elsewhere(Vec<String>),
}

impl Claim {
    /// `cause`: said to make memory grow. `remedy`: said to stop that.
    pub fn kind(&self) -> &'static str {
        if self.id.starts_with('C') { "cause" } else { "remedy" }
    }

    /// What is found about it, in order; the first finding takes it literally.
    pub fn findings(&self) -> Vec<Finding<Evidence>> {
        let lessons = LESSONS.iter().flat_map(|lesson| {
            let measured = move |by| Evidence::Measured(lesson, by);
            lesson.settles().iter().map(move |found| found.clone().map(measured))
        });
        let read = CLAIMS.read.iter().map(|found| found.clone().map(Evidence::Read));
        let mut own: Vec<_> =
            lessons.chain(read).filter(|found| found.claim() == self.id).collect();
        own.sort_by(|one, other| one.name.cmp(&other.name));
        own
    }
}

impl<E> Finding<E> {
    /// The claim: `C02` of `C02.1`.
    fn claim(&self) -> &str {
        self.name.split_once('.').map_or(&self.name, |(claim, _)| claim)
    }

    fn map<T>(self, evidence: impl Fn(E) -> T) -> Finding<T> {
        let Self { name, reason, .. } = self;
        Finding { name, evidence: evidence(self.evidence), reason }
    }
}

impl Lesson {
    /// Findings that it settles: those in its chapter's front matter.
    pub fn settles(&self) -> &'static [Finding<ShownBy>] {
        chapter(self.id).map_or(&[], |chapter| &chapter.front.settles)
    }

    /// The claims that it helps to settle, in the order of their ids.
    pub fn claims(&self) -> Vec<&'static str> {
        let mut claims: Vec<_> = self.settles().iter().map(Finding::claim).collect();
        claims.sort_unstable();
        claims.dedup();
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_has_its_place_and_a_sentence() {
        let mut placed = 0;
        for claim in &CLAIMS.claims {
            let findings = claim.findings();
            assert!(!findings.is_empty(), "{}", claim.id);
            for (n, finding) in findings.iter().enumerate() {
                assert_eq!(finding.name, format!("{}.{}", claim.id, n + 1));
            }
            placed += findings.len();
            let reasons = findings.iter().map(|finding| &finding.reason);
            for text in reasons.chain([&claim.text]) {
                let begins = text.starts_with(char::is_uppercase);
                let ends = !text.contains(". ") && text.ends_with('.');
                assert!(begins && ends, "{}: {text}", claim.id);
                assert!(!text.contains('|'), "{}: would break a table", claim.id);
            }
        }
        let measured: usize = LESSONS.iter().map(|l| l.settles().len()).sum();
        let all = measured + CLAIMS.read.len();
        assert_eq!(placed, all, "a finding of an unknown claim");
    }

    #[test]
    fn every_lesson_settles_a_claim_with_fixes_that_it_has() {
        for lesson in LESSONS {
            assert!(!lesson.settles().is_empty(), "{}", lesson.id);
            for finding in lesson.settles() {
                if let ShownBy::FailedFix(name) | ShownBy::Misstep(name) =
                    &finding.evidence
                {
                    let mut fixes = lesson.failed_fixes.iter();
                    let found = fixes.any(|fix| fix.name == name);
                    assert!(found, "{}: no failed fix {name}", lesson.id);
                }
            }
        }
    }
}
