//! From a rule and a comparison to a verdict.

use super::{ClaimVerdict, Measured};
use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::figures;
use model::claims::{Evidence, Program, Rule, Says, Shows};

/// A gain of fewer open files than one for so many requests is no file kept by each
/// request: pools open and close a few as chance has it.
const REQUESTS_PER_FILE: f64 = 10.0;

/// Resident memory shows a growth if it rises by this share of it. The rest may have
/// found room in pages that were resident already.
const RESIDENT_SHARE: f64 = 0.5;

/// Resident memory misleads if it tells twins apart by so many bytes that their live
/// bytes do not: more than threads and code paged in by chance.
const RESIDENT_GAP_BYTES: f64 = 4e6;

/// A verdict and its figures, or why there is none.
pub(super) type Settled = Result<(ClaimVerdict, Vec<Measured>), String>;

/// A program's name and its result.
type Results<'a> = Vec<(&'a str, &'a TwinResult)>;

/// Applies one rule.
pub(super) fn settle(rule: &Rule, comparison: &Comparison) -> Settled {
    let run = Run(comparison);
    match rule {
        Rule::Cause(evidence) => run.cause(evidence),
        Rule::Remedy { without, with } => run.remedy(without, with),
        Rule::Silent(evidence) => run.silent(evidence),
        Rule::Connections(evidence) => run.connections(evidence),
        Rule::ResidentFollows(evidence) => run.resident_follows(evidence),
        Rule::ResidentMisleads(evidence) => run.resident_misleads(evidence),
        Rule::Names(_) => Ok((ClaimVerdict::WrongName, Vec::new())),
        Rule::Source { says: Says::NoSuchThing, .. } => {
            Ok((ClaimVerdict::WrongName, Vec::new()))
        }
        Rule::Source { says: Says::KeepsNothing, .. } => {
            Ok((ClaimVerdict::NoEffect, Vec::new()))
        }
        Rule::Elsewhere(_) => Ok((ClaimVerdict::NotMemory, Vec::new())),
    }
}

/// A comparison as the rules see it.
struct Run<'a>(&'a Comparison);

impl<'a> Run<'a> {
    /// The worst that any evidence shows. What rests does not soften it: it is there
    /// to show that the growth has this cause and no other.
    fn cause(&self, evidence: &[Evidence]) -> Settled {
        let mut verdict = ClaimVerdict::NoEffect;
        let mut measured = Vec::new();
        for one in evidence {
            for (program, result) in self.shown(one)? {
                verdict = match (verdict, result.verdict) {
                    (_, Verdict::Leaks) => ClaimVerdict::Leaks,
                    (ClaimVerdict::NoEffect, Verdict::Grows) => ClaimVerdict::Grows,
                    (worst, _) => worst,
                };
                measured.push(with_figure(
                    one,
                    program,
                    result,
                    figures::of(result),
                ));
            }
        }
        Ok((verdict, measured))
    }

    fn remedy(&self, without: &Evidence, with: &Evidence) -> Settled {
        let (_, mut measured) = self.cause(std::slice::from_ref(without))?;
        let (left, with) = self.cause(std::slice::from_ref(with))?;
        measured.extend(with);
        let stopped = left == ClaimVerdict::NoEffect;
        let verdict =
            if stopped { ClaimVerdict::Bounded } else { ClaimVerdict::NoEffect };
        Ok((verdict, measured))
    }

    fn silent(&self, evidence: &Evidence) -> Settled {
        let mut measured = Vec::new();
        for (program, result) in self.shown(evidence)? {
            let (lesson, errors) = (evidence.lesson, result.errors);
            if errors > 0 {
                return Err(format!(
                    "{lesson} on {program} gave {errors} failed answers, where the \
                     ledger explains growth without any."
                ));
            }
            let figure = format!("{}, no failed answer", figures::of(result));
            measured.push(with_figure(evidence, program, result, figure));
        }
        Ok((ClaimVerdict::NoEffect, measured))
    }

    fn connections(&self, evidence: &Evidence) -> Settled {
        let mut measured = Vec::new();
        for (program, result) in self.shown(evidence)? {
            let (Some(first), Some(last)) = ends(&result.open_files) else {
                return Err(unknown(evidence, program, "open files"));
            };
            let gained = last - first;
            let intervals = result.open_files.len().saturating_sub(1) as f64;
            let requests = result.requests_per_round as f64 * intervals;
            if gained * REQUESTS_PER_FILE >= requests {
                let lesson = evidence.lesson;
                return Err(format!(
                    "{lesson} opened {gained} files on {program} in {requests} \
                     requests and kept them, which the ledger does not explain."
                ));
            }
            let figure =
                format!("{first} open files, {last} after {requests} more requests");
            measured.push(with_figure(evidence, program, result, figure));
        }
        Ok((ClaimVerdict::NoEffect, measured))
    }

    fn resident_follows(&self, evidence: &Evidence) -> Settled {
        let (verdict, _) = self.cause(std::slice::from_ref(evidence))?;
        let mut measured = Vec::new();
        for (program, result) in self.shown(evidence)? {
            let (Some(before), Some(after)) = ends(&result.resident_bytes) else {
                return Err(unknown(evidence, program, "resident memory"));
            };
            let live = rise(&result.live_bytes);
            let resident = after - before;
            if resident < RESIDENT_SHARE * live {
                let lesson = evidence.lesson;
                return Err(format!(
                    "{lesson} on {program} shows {:.1} MB more live and {:.1} MB more \
                     resident, where the ledger explains that one follows the other.",
                    live / 1e6,
                    resident / 1e6
                ));
            }
            let (live, resident) = (live / 1e6, resident / 1e6);
            let figure =
                format!("{live:.1} MB more live, {resident:.1} MB more resident");
            measured.push(with_figure(evidence, program, result, figure));
        }
        Ok((verdict, measured))
    }

    fn resident_misleads(&self, evidence: &Evidence) -> Settled {
        let lesson = self.lesson(evidence.lesson)?;
        let mut measured = Vec::new();
        let mut ends_of = Vec::new();
        for program in ["leaky", "fixed"] {
            let result = self.program(lesson, evidence, program)?;
            let (_, Some(resident)) = ends(&result.resident_bytes) else {
                return Err(unknown(evidence, program, "resident memory"));
            };
            let live = result.live_bytes.last().map_or(0.0, |&bytes| bytes as f64);
            ends_of.push((live, resident));
            let (live, resident) = (live / 1e6, resident / 1e6);
            let figure = format!("{live:.1} MB live, {resident:.1} MB resident");
            measured.push(with_figure(evidence, program, result, figure));
        }
        let [(live, resident), (other_live, other_resident)] = ends_of[..] else {
            return Err(format!("{} needs both twins.", evidence.lesson));
        };
        let gap = resident - other_resident;
        if gap < RESIDENT_GAP_BYTES || gap < 2.0 * (live - other_live).abs() {
            return Err(format!(
                "{}: the twins differ by {:.1} MB of resident memory and {:.1} MB of \
                 live bytes, where the ledger explains the first without the second.",
                evidence.lesson,
                gap / 1e6,
                (live - other_live) / 1e6
            ));
        }
        Ok((ClaimVerdict::NoEffect, measured))
    }

    /// The results that this evidence means, provided that they show what it says.
    fn shown(&self, evidence: &Evidence) -> Result<Results<'a>, String> {
        let lesson = self.lesson(evidence.lesson)?;
        let programs = match evidence.program {
            Program::Leaky => vec!["leaky"],
            Program::Fixed => vec!["fixed"],
            Program::Twins => vec!["leaky", "fixed"],
            Program::Variant(name) => vec![name],
        };
        let mut results = Vec::new();
        for program in programs {
            let result = self.program(lesson, evidence, program)?;
            let (agrees, explained) = match evidence.shows {
                Shows::Growth => (
                    matches!(result.verdict, Verdict::Leaks | Verdict::Grows),
                    "growth",
                ),
                Shows::Rest => (
                    matches!(result.verdict, Verdict::Bounded | Verdict::Flat),
                    "none",
                ),
            };
            if !agrees {
                return Err(format!(
                    "{} on {program} is {}, where the ledger explains {explained}.",
                    evidence.lesson,
                    result.verdict.as_str()
                ));
            }
            results.push((program, result));
        }
        Ok(results)
    }

    fn lesson(&self, id: &str) -> Result<&'a LessonResult, String> {
        let lesson = self.0.lessons.iter().find(|lesson| lesson.id == id);
        lesson.ok_or_else(|| format!("Needs {id}, which this run did not measure."))
    }

    fn program(
        &self,
        lesson: &'a LessonResult,
        evidence: &Evidence,
        name: &str,
    ) -> Result<&'a TwinResult, String> {
        let all = match evidence.program {
            Program::Variant(_) => &lesson.failed_fixes,
            _ => &lesson.twins,
        };
        all.get(name).ok_or_else(|| {
            let id = evidence.lesson;
            format!("Needs {id} on {name}, which this run did not measure.")
        })
    }
}

fn with_figure(
    evidence: &Evidence,
    program: &str,
    result: &TwinResult,
    figure: String,
) -> Measured {
    let program = program.to_owned();
    Measured { lesson: evidence.lesson, program, verdict: result.verdict, figure }
}

fn unknown(evidence: &Evidence, program: &str, what: &str) -> String {
    let lesson = evidence.lesson;
    format!("{lesson} on {program}: this system does not tell {what}.")
}

/// First and last of a series that the system may not tell.
fn ends(series: &[Option<u64>]) -> (Option<f64>, Option<f64>) {
    let number =
        |value: Option<&Option<u64>>| value.copied().flatten().map(|n| n as f64);
    (number(series.first()), number(series.last()))
}

/// How much higher the last is than the first.
fn rise(series: &[u64]) -> f64 {
    match (series.first(), series.last()) {
        (Some(&first), Some(&last)) => last as f64 - first as f64,
        _ => 0.0,
    }
}
