//! What is commonly said about leaks in such services, and what settles each claim.
//!
//! A finding is one part of the answer to a claim. Most findings rest on a lesson,
//! whose file has them in `settles`; the others rest on source code and are listed here. No
//! verdict is stored: each follows from a comparison.

use crate::lesson::Lesson;
use crate::lessons::LESSONS;

/// A statement that can be true or not.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// `C01` to `C15` for suspected causes, `R1` to `R6` for suggested remedies.
    pub id: &'static str,
    /// The statement, in one sentence.
    pub text: &'static str,
}

impl Claim {
    /// `cause`: said to make memory grow. `remedy`: said to stop that.
    pub fn kind(&self) -> &'static str {
        if self.id.starts_with('C') { "cause" } else { "remedy" }
    }

    /// What is found about it, in order; the first finding takes it literally.
    pub fn findings(&self) -> Vec<Finding> {
        let of_lessons = LESSONS.iter().flat_map(|lesson| {
            lesson
                .settles
                .iter()
                .map(move |settles| Finding::Measured(lesson, settles))
        });
        let all = of_lessons.chain(READ.iter().map(Finding::Read));
        let mut own: Vec<_> =
            all.filter(|found| claim_of(found.name()) == self.id).collect();
        own.sort_by_key(Finding::name);
        own
    }
}

/// One part of the answer to a claim.
#[derive(Debug, Clone, Copy)]
pub enum Finding {
    /// By a lesson.
    Measured(&'static Lesson, &'static Settles),
    /// By reading.
    Read(&'static Read),
}

impl Finding {
    /// `C02.1`: the claim, and the place among its findings.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Measured(_, settles) => settles.finding,
            Self::Read(read) => read.finding,
        }
    }

    /// Why it is so.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Measured(_, settles) => settles.reason,
            Self::Read(read) => read.reason,
        }
    }
}

/// A finding that a lesson settles.
#[derive(Debug, Clone, Copy)]
pub struct Settles {
    /// `C02.1`: the claim, and the place among its findings.
    pub finding: &'static str,
    /// What the comparison must show for the reason to hold.
    pub shown_by: ShownBy,
    /// Why it is so, in one sentence.
    pub reason: &'static str,
}

/// What a comparison must show of a lesson, and what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownBy {
    /// `leaky` grows and `fixed` does not: the claim is right.
    Leak,
    /// The same: the remedy stops the growth.
    Fix,
    /// Neither twin grows: no effect.
    Control,
    /// The failed fix of this name grows as `leaky` does: no effect.
    FailedFix(&'static str),
    /// The same, where the failed fix is what the claim warns of: the claim is right.
    Misstep(&'static str),
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

/// A finding that rests on source code.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// `C01.1`: the claim, and the place among its findings.
    pub finding: &'static str,
    /// What was read.
    pub source: Source,
    /// Why it is so, in one sentence.
    pub reason: &'static str,
}

/// What was read.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Items of `service::api_names`, whose examples the compiler rejects: what the claim
    /// names does not exist.
    Names(&'static [&'static str]),
    /// A file of a crate in this version: what the claim names is not there.
    Absent(&'static str, &'static str, &'static str),
    /// A file of a crate in this version: it frees what it held when it is dropped.
    Frees(&'static str, &'static str, &'static str),
    /// Files of this repository: the claim is not about memory.
    Elsewhere(&'static [&'static str]),
}

/// The claim of a finding: `C02` of `C02.1`.
fn claim_of(finding: &str) -> &str {
    finding.split_once('.').map_or(finding, |(claim, _)| claim)
}

impl Lesson {
    /// The claims that it helps to settle, in the order of [`CLAIMS`].
    pub fn claims(&self) -> Vec<&'static str> {
        let mut claims: Vec<_> =
            self.settles.iter().map(|settles| claim_of(settles.finding)).collect();
        claims.sort_unstable();
        claims.dedup();
        claims
    }
}

const fn claim(id: &'static str, text: &'static str) -> Claim {
    Claim { id, text }
}

/// Every claim, causes first.
pub const CLAIMS: &[Claim] = &[
    claim("C01", "Actix serves every request through asynchronous actors."),
    claim("C02", "Handlers that clone a shared SDK client make memory grow."),
    claim(
        "C03",
        "SDK calls that are never awaited, and unfinished futures, pile up.",
    ),
    claim(
        "C04",
        "Responses that are read into unbounded buffers, not streamed, pile up.",
    ),
    claim(
        "C05",
        "Without a limit to concurrency, request bodies and parsed items pile up.",
    ),
    claim(
        "C06",
        "Reading the result of a large scan or query into memory costs memory for all of it.",
    ),
    claim("C07", "A custom retry strategy makes buffered data stay longer."),
    claim("C08", "High connection timeouts make buffered data stay longer."),
    claim(
        "C09",
        "A paginator that is dropped before its end leaves connections half closed.",
    ),
    claim(
        "C10",
        "Connections orphaned like that, and their buffers, add up to a leak.",
    ),
    claim(
        "C11",
        "A running service shows it as resident memory, then as allocator pressure, slow responses and restarts.",
    ),
    claim(
        "C12",
        "Items cached in the application's own structures, without clean-up, keep memory, and keep secrets longer than needed.",
    ),
    claim("C13", "Responses without compression make it worse."),
    claim("C14", "Multipart uploads that are not closed make it worse."),
    claim("C15", "SDK settings that permit too much add to it."),
    claim(
        "R1",
        "Read page by page and never collect; pass the pages on through a channel or a queue.",
    ),
    claim("R2", "A semaphore that the handler awaits bounds concurrency."),
    claim(
        "R3",
        "Race the query against a timer of five seconds, so that it is dropped in time.",
    ),
    claim(
        "R4",
        "Retry less often, set a disconnect timeout, and write no backoff yourself.",
    ),
    claim(
        "R5",
        "Watch resident memory under load, and logs that show streams consumed and buffers bounded.",
    ),
    claim(
        "R6",
        "Scan what can be reached without logging in, before and after, from the OpenAPI document with its references resolved.",
    ),
];

/// Findings that rest on source code.
pub const READ: &[Read] = &[
    Read {
        finding: "C01.1",
        source: Source::Absent("actix-http", "3.20.0", "src/h1/dispatcher.rs"),
        reason: "A handler is a future that its connection's task polls on a worker \
                 thread, and actix-web 4 does not even depend on the actor framework.",
    },
    Read {
        finding: "C03.1",
        source: Source::Frees(
            "aws-sdk-dynamodb",
            "1.136.0",
            "src/operation/query/builders.rs",
        ),
        reason: "A call is an async function: until it is polled it sends nothing and \
                 owns only its input, and the compiler warns about it.",
    },
    Read {
        finding: "C11.3",
        source: Source::Elsewhere(&[
            "docker-compose.yml",
            "crates/leaklab/benches/ratios.rs",
        ]),
        reason: "Slow responses and restarts are not judged here: a comparison ends \
                 long before a machine runs out of memory.",
    },
    Read {
        finding: "R1.5",
        source: Source::Names(&[
            "paginator_state",
            "stream_ext_next",
            "items_unwrap_or_default",
        ]),
        reason: "The paginator has no state type to import, is no Stream, and its pages \
                 return items as a slice.",
    },
    Read {
        finding: "R2.3",
        source: Source::Names(&[
            "key_from_json_map",
            "sdk_error_as_response",
            "json_of_attributes",
        ]),
        reason: "Keys are attribute values rather than JSON, SDK errors are no actix \
                 responses, and attribute values cannot be serialised.",
    },
    Read {
        finding: "R3.4",
        source: Source::Names(&["query_as_stream"]),
        reason: "A query that is sent is one future; only the paginator yields pages.",
    },
    Read {
        finding: "R4.1",
        source: Source::Names(&[
            "builder_from_config",
            "retry_config_closure",
            "disconnect_timeout",
        ]),
        reason: "The builder is made from the configuration, retries are set by a \
                 value, and only the server has a disconnect timeout.",
    },
    Read {
        finding: "R6.1",
        source: Source::Elsewhere(&[
            "crates/leaklab/tests/it/contract.rs",
            "crates/leaklab/tests/it/service.rs",
        ]),
        reason: "A measurement of memory does not settle this; the twins publish \
                 /openapi.json, and tests check every route against it, send wrong \
                 input, and read what the responses disclose.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_has_its_place_and_a_sentence() {
        let mut placed = 0;
        for claim in CLAIMS {
            let findings = claim.findings();
            assert!(!findings.is_empty(), "{}", claim.id);
            for (n, finding) in findings.iter().enumerate() {
                assert_eq!(finding.name(), format!("{}.{}", claim.id, n + 1));
            }
            placed += findings.len();
            let reasons = findings.iter().map(Finding::reason);
            for text in reasons.chain([claim.text]) {
                let begins = text.starts_with(char::is_uppercase);
                let ends = !text.contains(". ") && text.ends_with('.');
                assert!(begins && ends, "{}: {text}", claim.id);
                assert!(!text.contains('|'), "{}: would break a table", claim.id);
            }
        }
        let measured: usize =
            LESSONS.iter().map(|lesson| lesson.settles.len()).sum();
        assert_eq!(placed, measured + READ.len(), "a finding of an unknown claim");
    }

    #[test]
    fn every_lesson_settles_a_claim_with_fixes_that_it_has() {
        for lesson in LESSONS {
            assert!(!lesson.settles.is_empty(), "{}", lesson.id);
            for settles in lesson.settles {
                if let ShownBy::FailedFix(name) | ShownBy::Misstep(name) =
                    settles.shown_by
                {
                    let found =
                        lesson.failed_fixes.iter().any(|fix| fix.name == name);
                    assert!(found, "{}: no failed fix {name}", lesson.id);
                }
            }
        }
    }
}
