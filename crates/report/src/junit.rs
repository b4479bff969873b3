//! A run as JUnit XML, which every CI system reads: a case for each verdict, and one for
//! each site that was judged against a baseline.

use crate::baseline::{Gate, GatedSite, State};
use crate::comparison::{Comparison, LessonResult, TwinResult};
use crate::{figures, gate};
use quick_junit::{
    NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite,
};
use std::time::Duration;

/// The case of a lesson that belongs to no twin alone.
const TOGETHER: &str = "twins together";

/// The whole document.
///
/// # Errors
/// The XML writer's own; none is known.
pub fn document(comparison: &Comparison) -> Result<String, SerializeError> {
    let mut report = Report::new("leaklab");
    report.set_time(duration(comparison.seconds));
    report.add_test_suites(comparison.lessons.iter().map(lesson));
    report.add_test_suites(comparison.baseline.iter().map(baseline));
    report.to_string()
}

/// A comparison that was written by hand may have any number here.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// A suite with a case for each service, named alike in every run.
fn lesson(lesson: &LessonResult) -> TestSuite {
    let mut suite = TestSuite::new(&lesson.id);
    let services = || lesson.twins.iter().chain(&lesson.failed_fixes);
    for (name, result) in services() {
        let own: Vec<_> = mismatches(lesson, Some(name)).collect();
        suite.add_test_case(verdict(lesson, name, result, &own));
    }
    let shared: Vec<_> = mismatches(lesson, None).collect();
    if lesson.same_answers.is_some() || !shared.is_empty() {
        suite.add_test_case(case(&lesson.id, TOGETHER, "not as expected", &shared));
    }
    suite.set_time(duration(services().map(|(_, result)| result.seconds).sum()));
    suite
}

/// Sentences that begin with the name of this service; without one, all others.
fn mismatches<'a>(
    lesson: &'a LessonResult,
    service: Option<&'a str>,
) -> impl Iterator<Item = &'a str> {
    let subject = |sentence: &'a str| {
        let first = sentence.split([' ', ':']).next()?;
        let names = lesson.twins.keys().chain(lesson.failed_fixes.keys());
        names.map(String::as_str).find(|name| *name == first)
    };
    let sentences = lesson.mismatches.iter().map(String::as_str);
    sentences.filter(move |sentence| subject(sentence) == service)
}

fn verdict(
    lesson: &LessonResult,
    name: &str,
    result: &TwinResult,
    mismatches: &[&str],
) -> TestCase {
    let verdict = result.verdict.as_str();
    let mut case = case(&lesson.id, name, verdict, mismatches);
    case.set_time(duration(result.seconds));
    case.set_system_out(format!("{verdict}: {}", figures::of(result)));
    case
}

/// A case that fails for these reasons, and passes without any.
fn case(class: &str, name: &str, kind: &str, reasons: &[&str]) -> TestCase {
    let mut status = TestCaseStatus::success();
    if let Some(first) = reasons.first() {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(kind)
            .set_message(*first)
            .set_description(reasons.join("\n"));
    }
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn baseline(result: &Gate) -> TestSuite {
    let mut suite = TestSuite::new("baseline");
    suite.add_test_cases(result.sites.iter().map(site));
    if !result.notes.is_empty() {
        suite.set_system_out(result.notes.join("\n"));
    }
    suite
}

/// Its name has the fingerprint and not the line, so that it outlives an edit.
fn site(site: &GatedSite) -> TestCase {
    let state = site.state.as_str();
    let name = format!("{} {} {}", site.lesson, site.twin, site.fingerprint);
    let holds = format!("{state}: {}", gate::figure(site));
    let at = format!("at {}", figures::place(site.place()));
    let reasons = [&[holds.as_str(), &at][..], &frames(site)].concat();
    let reasons = if site.state.fails() { &reasons[..] } else { &[] };
    let mut case = case("baseline", &name, state, reasons);
    let mut out = format!("{holds}, {at}");
    if site.state == State::Accepted {
        out.push_str("; accepted: ");
        out.push_str(site.reason.as_deref().unwrap_or_default());
    }
    case.set_system_out(out);
    case
}

fn frames(site: &GatedSite) -> Vec<&str> {
    site.frames.iter().map(String::as_str).collect()
}
