//! What is commonly said about leaks in such services, and what would settle it. No
//! verdict stands here: each follows from a comparison, by the rules below.

mod causes;
mod remedies;

/// Something that is said to leak, or to help against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimKind {
    /// Said to make memory grow.
    Cause,
    /// Said to stop it.
    Remedy,
}

impl ClaimKind {
    /// `cause` or `remedy`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Remedy => "remedy",
        }
    }
}

/// A statement that can be true or not.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// `C01` to `C15` for causes, `R1` to `R6` for remedies.
    pub id: &'static str,
    /// Cause or remedy.
    pub kind: ClaimKind,
    /// The statement, one sentence.
    pub text: &'static str,
    /// What is to be found out about it; the first one takes it at its word.
    pub findings: &'static [Finding],
}

/// One part of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    /// How its verdict follows from a comparison.
    pub rule: Rule,
    /// Why it is so, one sentence. It presumes what the rule's evidence must show;
    /// when a comparison shows something else, the finding is not settled.
    pub reason: &'static str,
}

/// How a verdict follows.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// A suspected cause: the worst growth among the evidence, or no effect.
    Cause(&'static [Evidence]),
    /// A suggested remedy, against the same job without it: bounded if it stops the
    /// growth, no effect if it does not.
    Remedy {
        /// The job as it grows.
        without: Evidence,
        /// The job with the remedy.
        with: Evidence,
    },
    /// A remedy that is a look at calls and answers: no effect, where memory grows and
    /// no answer fails.
    Silent(Evidence),
    /// A control that is to hold on to no connection either: its open files stay.
    Connections(Evidence),
    /// Resident memory shows a growth that live bytes show: the growth's verdict.
    ResidentFollows(Evidence),
    /// Resident memory differs between twins whose live bytes do not: no effect, for
    /// a look at it says nothing about a leak.
    ResidentMisleads(Evidence),
    /// Names in a programming interface that are not there: items of
    /// `service::api_names`, whose examples the compiler refuses.
    Names(&'static [&'static str]),
    /// Read in the source of a dependency, since there is nothing to measure.
    Source {
        /// The crate.
        package: &'static str,
        /// The version that was read; the lock file must have it.
        version: &'static str,
        /// The file in it.
        file: &'static str,
        /// What it says.
        says: Says,
    },
    /// Not a question of memory: the files of this repository that have to do with
    /// it.
    Elsewhere(&'static [&'static str]),
}

/// What a source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The thing that the claim names is not there.
    NoSuchThing,
    /// The thing is there, and is freed when it is dropped.
    KeepsNothing,
}

/// What one lesson must show.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// Id of the lesson or control.
    pub lesson: &'static str,
    /// Which program served it.
    pub program: Program,
    /// What it must show for the reason to hold.
    pub shows: Shows,
}

/// Who served a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The leaky twin.
    Leaky,
    /// The fixed twin.
    Fixed,
    /// Both twins alike, as in a control.
    Twins,
    /// A third program, or other settings, measured beside the twins.
    Variant(&'static str),
}

/// What a measurement shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Live bytes, or their peak, grow: `LEAKS` or `GROWS`.
    Growth,
    /// They do not: `BOUNDED` or `FLAT`.
    Rest,
}

/// Every claim, causes first.
pub const CLAIMS: &[Claim] = &{
    const FIRST: Claim = causes::CAUSES[0];
    let mut all = [FIRST; causes::CAUSES.len() + remedies::REMEDIES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < causes::CAUSES.len() {
            causes::CAUSES[at]
        } else {
            remedies::REMEDIES[at - causes::CAUSES.len()]
        };
        at += 1;
    }
    all
};

impl Rule {
    /// The measurements that it needs.
    pub fn evidence(&self) -> Vec<Evidence> {
        match *self {
            Self::Cause(evidence) => evidence.to_vec(),
            Self::Remedy { without, with } => vec![without, with],
            Self::Silent(one)
            | Self::Connections(one)
            | Self::ResidentFollows(one)
            | Self::ResidentMisleads(one) => vec![one],
            Self::Names(_) | Self::Source { .. } | Self::Elsewhere(_) => Vec::new(),
        }
    }
}

/// The claims that a lesson helps to settle, in the order of [`CLAIMS`].
pub fn settled_by(lesson: &str) -> Vec<&'static str> {
    let needs = |finding: &Finding| {
        finding.rule.evidence().iter().any(|evidence| evidence.lesson == lesson)
    };
    let claims = CLAIMS.iter().filter(|claim| claim.findings.iter().any(needs));
    claims.map(|claim| claim.id).collect()
}

/// The leaky twin grows.
const fn leaky(lesson: &'static str) -> Evidence {
    Evidence { lesson, program: Program::Leaky, shows: Shows::Growth }
}

/// The fixed twin does not.
const fn fixed(lesson: &'static str) -> Evidence {
    Evidence { lesson, program: Program::Fixed, shows: Shows::Rest }
}

/// A control: neither twin grows.
const fn control(lesson: &'static str) -> Evidence {
    Evidence { lesson, program: Program::Twins, shows: Shows::Rest }
}

/// A variant grows, although it is meant to help.
const fn grows_with(variant: &'static str, lesson: &'static str) -> Evidence {
    Evidence { lesson, program: Program::Variant(variant), shows: Shows::Growth }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_is_there_once_and_in_order() {
        let causes = (1..=15).map(|n| format!("C{n:02}"));
        let remedies = (1..=6).map(|n| format!("R{n}"));
        let expected: Vec<_> = causes.chain(remedies).collect();
        let found: Vec<_> = CLAIMS.iter().map(|claim| claim.id).collect();
        assert_eq!(found, expected);
        for claim in CLAIMS {
            let letter = if claim.kind == ClaimKind::Cause { 'C' } else { 'R' };
            assert!(claim.id.starts_with(letter), "{}", claim.id);
        }
    }

    #[test]
    fn texts_and_reasons_are_sentences() {
        for claim in CLAIMS {
            let reasons = claim.findings.iter().map(|finding| finding.reason);
            for text in reasons.chain([claim.text]) {
                let begins = text.starts_with(char::is_uppercase);
                let ends = text.matches(". ").count() == 0 && text.ends_with('.');
                assert!(begins && ends, "{}: {text}", claim.id);
                assert!(!text.contains('|'), "{}: would break a table", claim.id);
            }
        }
    }

    #[test]
    fn every_claim_has_a_finding_and_every_finding_has_evidence() {
        for claim in CLAIMS {
            assert!(!claim.findings.is_empty(), "{}", claim.id);
            for finding in claim.findings {
                let there = match finding.rule {
                    Rule::Names(items) => !items.is_empty(),
                    Rule::Elsewhere(files) => !files.is_empty(),
                    Rule::Source { .. } => true,
                    measured => !measured.evidence().is_empty(),
                };
                assert!(there, "{}: {}", claim.id, finding.reason);
            }
        }
    }

    #[test]
    fn only_a_remedy_that_is_measured_against_its_own_job_is_judged() {
        for finding in CLAIMS.iter().flat_map(|claim| claim.findings) {
            if let Rule::Remedy { without, with } = finding.rule {
                assert_eq!(without.lesson, with.lesson);
                assert_ne!(without.program, with.program);
                assert_eq!(without.shows, Shows::Growth);
            }
        }
    }
}
