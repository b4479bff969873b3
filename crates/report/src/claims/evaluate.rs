//! Whether a comparison shows what a finding says, and with which figures.

use super::{ClaimVerdict, Measured};
use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::figures;
use lessons::claims::ShownBy;

/// A service that opens fewer files than one in this many requests does not keep one
/// per request: pools open and close a few by chance.
const REQUESTS_PER_FILE: f64 = 10.0;

/// Resident memory shows a growth if it rises by this share of it. The rest may have
/// found room in pages that were resident already.
const RESIDENT_SHARE: f64 = 0.5;

/// Resident memory misleads if it differs by this many bytes between twins whose live
/// bytes do not: more than threads and code that is paged in by chance.
const RESIDENT_GAP_BYTES: f64 = 4e6;

/// A verdict with its figures, or why there is none.
type Evaluated = Result<(ClaimVerdict, Vec<Measured>), String>;

/// Whether the comparison shows this of a lesson.
pub(super) fn evaluate(
    id: &'static str,
    shown_by: &ShownBy,
    comparison: &Comparison,
) -> Evaluated {
    use ClaimVerdict::{Bounded, Grows, Leaks, NoEffect};
    let missing = || format!("Needs {id}, which this run did not measure.");
    let lesson = comparison.lesson(id).ok_or_else(missing)?;
    let (grows, rests) = (true, false);
    // Programs, whether each grows, and the verdict where it is not that growth.
    let (programs, verdict) = match shown_by {
        ShownBy::Leak => (vec![("leaky", grows), ("fixed", rests)], None),
        ShownBy::Fix => (vec![("leaky", grows), ("fixed", rests)], Some(Bounded)),
        ShownBy::Control | ShownBy::OpenFiles | ShownBy::ResidentAlone => {
            (vec![("leaky", rests), ("fixed", rests)], Some(NoEffect))
        }
        ShownBy::FailedFix(name) => {
            (vec![("leaky", grows), (name.as_str(), grows)], Some(NoEffect))
        }
        ShownBy::Misstep(name) => {
            (vec![(name.as_str(), grows), ("fixed", rests)], None)
        }
        ShownBy::NoErrors => (vec![("leaky", grows)], Some(NoEffect)),
        ShownBy::Resident => (vec![("leaky", grows)], None),
    };
    let mut results = Vec::new();
    for (program, grows) in programs {
        results.push((program, shown(lesson, program, grows)?));
    }
    if let (ShownBy::ResidentAlone, [(_, leaky), (_, fixed)]) =
        (shown_by, &results[..])
    {
        resident_alone(leaky, fixed).map_err(|why| format!("{id}: {why}"))?;
    }
    let leaks =
        results.first().is_some_and(|(_, first)| first.verdict == Verdict::Leaks);
    let measured = results.into_iter().map(|(program, result)| {
        let figure = figure(shown_by, result);
        let figure = figure.map_err(|why| format!("{id} on {program}: {why}"))?;
        let (program, verdict) = (program.to_owned(), result.verdict);
        Ok(Measured { lesson: id, program, verdict, figure })
    });
    let measured = measured.collect::<Result<_, String>>()?;
    Ok((verdict.unwrap_or(if leaks { Leaks } else { Grows }), measured))
}

/// The result of a program that grows, or of one that does not.
fn shown<'a>(
    lesson: &'a LessonResult,
    program: &str,
    grows: bool,
) -> Result<&'a TwinResult, String> {
    let id = &lesson.id;
    let result = lesson.services().find(|(name, _)| *name == program);
    let (_, result) = result.ok_or_else(|| {
        format!("Needs {id} on {program}, which this run did not measure.")
    })?;
    let unsure = result.verdict == Verdict::Inconclusive;
    if unsure || result.verdict.is_growth() != grows {
        let expected = if grows { "expects growth" } else { "expects none" };
        let verdict = result.verdict.as_str();
        return Err(format!(
            "{id} on {program} is {verdict}, where this finding {expected}."
        ));
    }
    Ok(result)
}

/// The figure that a finding rests on, or why it does not.
fn figure(shown_by: &ShownBy, result: &TwinResult) -> Result<String, String> {
    match shown_by {
        ShownBy::NoErrors if result.errors > 0 => {
            Err(format!("{} responses failed, so a log shows it.", result.errors))
        }
        ShownBy::NoErrors => {
            Ok(format!("{}, no failed response", figures::of(result)))
        }
        ShownBy::OpenFiles => open_files(result),
        ShownBy::Resident => resident(result),
        ShownBy::ResidentAlone => {
            let (live, resident) = at_end(result)?;
            Ok(format!("{live:.1} MB live, {resident:.1} MB resident"))
        }
        _ => Ok(figures::of(result)),
    }
}

fn open_files(result: &TwinResult) -> Result<String, String> {
    let (first, last) =
        ends(&result.open_files).ok_or("this system does not report open files.")?;
    let rounds = result.open_files.len().saturating_sub(1) as f64;
    let requests = result.requests_per_round as f64 * rounds;
    let gained = last - first;
    if gained * REQUESTS_PER_FILE >= requests {
        return Err(format!("{gained} files in {requests} requests stayed open."));
    }
    Ok(format!("{first} open files, {last} after {requests} more requests"))
}

fn resident(result: &TwinResult) -> Result<String, String> {
    let (before, after) = ends(&result.resident_bytes).ok_or(NO_RESIDENT)?;
    let first = result.live_bytes.first().copied().unwrap_or(0) as f64;
    let last = result.live_bytes.last().copied().unwrap_or(0) as f64;
    let (live, resident) = ((last - first) / 1e6, (after - before) / 1e6);
    let figure = format!("{live:.1} MB more live, {resident:.1} MB more resident");
    match resident < RESIDENT_SHARE * live {
        true => Err(format!("{figure}: resident memory does not show the growth.")),
        false => Ok(figure),
    }
}

/// Resident memory differs between the twins although live bytes do not.
fn resident_alone(leaky: &TwinResult, fixed: &TwinResult) -> Result<(), String> {
    let (leaky, fixed) = (at_end(leaky)?, at_end(fixed)?);
    let (live, resident) = (leaky.0 - fixed.0, leaky.1 - fixed.1);
    if resident < RESIDENT_GAP_BYTES / 1e6 || resident < 2.0 * live.abs() {
        return Err(format!(
            "the twins differ by {resident:.1} MB of resident memory and {live:.1} MB \
             of live bytes, where this finding expects the first without the second."
        ));
    }
    Ok(())
}

const NO_RESIDENT: &str = "this system does not report resident memory.";

/// Live and resident bytes after the last round, in MB.
fn at_end(result: &TwinResult) -> Result<(f64, f64), String> {
    let (_, resident) = ends(&result.resident_bytes).ok_or(NO_RESIDENT)?;
    let live = result.live_bytes.last().copied().unwrap_or(0) as f64;
    Ok((live / 1e6, resident / 1e6))
}

/// First and last, where the system reports them.
fn ends(series: &[Option<u64>]) -> Option<(f64, f64)> {
    let (first, last) = ((*series.first()?)?, (*series.last()?)?);
    Some((first as f64, last as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::{run, twin};
    use ClaimVerdict::{Bounded, Grows, Leaks, NoEffect};

    /// Any lesson.
    const ID: &str = lessons::LESSONS[0].id;

    fn verdict(shown_by: &ShownBy, programs: &[(&str, TwinResult)]) -> Evaluated {
        let mut run = run(programs);
        run.lessons[0].id = ID.to_owned();
        evaluate(ID, shown_by, &run)
    }

    #[test]
    fn a_finding_holds_when_every_program_behaves_as_it_says() {
        use Verdict as V;
        let failed_fix = || ShownBy::FailedFix("try".to_owned());
        let misstep = ShownBy::Misstep("try".to_owned());
        let unsure = V::Inconclusive;
        let cases = [
            (ShownBy::Leak, V::Leaks, V::Bounded, Ok(Leaks)),
            (ShownBy::Leak, V::Grows, V::Bounded, Ok(Grows)),
            (ShownBy::Fix, V::Leaks, V::Bounded, Ok(Bounded)),
            (ShownBy::Control, V::Flat, V::Flat, Ok(NoEffect)),
            (failed_fix(), V::Leaks, V::Bounded, Ok(NoEffect)),
            (misstep, V::Leaks, V::Bounded, Ok(Leaks)),
            (ShownBy::Leak, V::Bounded, V::Bounded, Err("leaky is BOUNDED")),
            (ShownBy::Leak, unsure, V::Bounded, Err("leaky is INCONCLUSIVE")),
            (ShownBy::Fix, V::Leaks, V::Leaks, Err("fixed is LEAKS")),
            (ShownBy::Fix, V::Leaks, unsure, Err("fixed is INCONCLUSIVE")),
            (ShownBy::Control, V::Leaks, V::Flat, Err("expects none")),
            (failed_fix(), V::Bounded, V::Bounded, Err("expects growth")),
        ];
        for (shown_by, leaky, fixed, expected) in cases {
            let growing = twin(V::Leaks);
            let programs =
                [("leaky", twin(leaky)), ("fixed", twin(fixed)), ("try", growing)];
            match (verdict(&shown_by, &programs), expected) {
                (Ok((found, measured)), Ok(expected)) => {
                    assert_eq!(found, expected, "{shown_by:?}");
                    assert_eq!(measured.len(), 2);
                }
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (found, expected) => panic!("{shown_by:?}: {found:?}, {expected:?}"),
            }
        }
    }

    #[test]
    fn what_was_not_measured_is_named() {
        let leaky = [("leaky", twin(Verdict::Leaks))];
        let why = verdict(&ShownBy::Fix, &leaky).unwrap_err();
        assert!(why.starts_with(&format!("Needs {ID} on fixed,")), "{why}");
        let why = evaluate("l99_other", &ShownBy::Fix, &run(&leaky)).unwrap_err();
        assert!(why.starts_with("Needs l99_other,"), "{why}");
    }

    #[test]
    fn numbers_beside_the_verdict_must_agree() {
        let changed = |verdict, change: &dyn Fn(&mut TwinResult)| {
            let mut result = twin(verdict);
            change(&mut result);
            result
        };
        let errors = |n| changed(Verdict::Leaks, &|r| r.errors = n);
        let files = |last| {
            changed(Verdict::Flat, &|r| {
                r.open_files = vec![Some(22), Some(90), last]
            })
        };
        let resident = |last: u64| {
            changed(Verdict::Leaks, &|r| {
                r.live_bytes = vec![1_000_000, 11_000_000];
                r.resident_bytes = vec![Some(15_000_000), None, Some(last)];
            })
        };
        let burst = |live: u64, resident: Option<u64>| {
            changed(Verdict::Bounded, &|r| {
                r.live_bytes = vec![live];
                r.resident_bytes = vec![resident];
            })
        };
        let high = Some(60_000_000);
        use ShownBy::{NoErrors, OpenFiles, Resident, ResidentAlone};
        let silent = "does not report resident";
        let cases = [
            (NoErrors, errors(0), ""),
            (NoErrors, errors(3), "3 responses failed"),
            (OpenFiles, files(Some(24)), ""),
            (OpenFiles, files(Some(222)), "200 files in 200 requests"),
            (OpenFiles, files(None), "does not report open files"),
            (Resident, resident(21_000_000), ""),
            (Resident, resident(19_000_000), "10.0 MB more live, 4.0 MB more"),
            (ResidentAlone, burst(1_100_000, high), ""),
            (ResidentAlone, burst(40_000_000, high), "39.0 MB of live"),
            (ResidentAlone, burst(1_100_000, Some(16_000_000)), "1.0 MB of"),
            (ResidentAlone, burst(1_100_000, None), silent),
        ];
        for (shown_by, leaky, part) in cases {
            let fixed = twin(Verdict::Bounded);
            let found = verdict(&shown_by, &[("leaky", leaky), ("fixed", fixed)]);
            let why = found.err().unwrap_or_default();
            assert_eq!(why.is_empty(), part.is_empty(), "{shown_by:?}: {why}");
            assert!(why.contains(part), "{why}");
        }
    }
}
