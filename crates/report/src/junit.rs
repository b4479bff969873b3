//! A run as JUnit XML, which every CI system reads: a case for each verdict, and one for
//! each site that was compared with a baseline.

use crate::baseline::{Gate, GatedSite};
use crate::comparison::{Comparison, LessonResult};
use crate::terminal::Told;
use crate::{figures, gate};
use quick_junit::{
    NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite,
};
use std::time::Duration;

/// The case for what concerns both twins.
const TOGETHER: &str = "twins together";

/// The whole document.
///
/// # Errors
/// Those of the XML writer; none is known.
pub fn document(comparison: &Comparison) -> Result<String, SerializeError> {
    let mut report = Report::new("leaklab");
    report.set_time(duration(comparison.seconds));
    report.add_test_suites(comparison.lessons.iter().map(lesson));
    report.add_test_suites(comparison.baseline.iter().map(baseline));
    report.to_string()
}

/// A comparison that was edited may have any number here.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// A suite with a case for each service, with the same names in every run.
fn lesson(lesson: &LessonResult) -> TestSuite {
    let mut suite = TestSuite::new(&lesson.id);
    for (name, result) in lesson.services() {
        let verdict = result.verdict.as_str();
        let reasons = mismatches(lesson, Some(name));
        let mut case = case(&lesson.id, name, verdict, &reasons);
        case.set_time(duration(result.seconds));
        case.set_system_out(format!("{verdict}: {}", figures::of(result)));
        suite.add_test_case(case);
    }
    let shared = mismatches(lesson, None);
    if lesson.same_answers.is_some() || !shared.is_empty() {
        suite.add_test_case(case(&lesson.id, TOGETHER, "not as expected", &shared));
    }
    let seconds = lesson.services().map(|(_, result)| result.seconds).sum();
    suite.set_time(duration(seconds));
    suite
}

/// Sentences that begin with the name of this service; without one, all others.
fn mismatches(lesson: &LessonResult, service: Option<&str>) -> Vec<String> {
    let of = |sentence: &&String| {
        let first = sentence.split([' ', ':']).next();
        let mut names = lesson.services().map(|(name, _)| name);
        names.find(|name| first == Some(name)) == service
    };
    lesson.mismatches.iter().filter(of).cloned().collect()
}

/// A case that fails for these reasons, and passes without any.
pub(crate) fn case(
    class: &str,
    name: &str,
    kind: &str,
    reasons: &[String],
) -> TestCase {
    let mut status = TestCaseStatus::success();
    if let Some(first) = reasons.first() {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(kind)
            .set_message(first.as_str())
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

/// Its name has the fingerprint rather than the line, so that it survives an edit.
fn site(site: &GatedSite) -> TestCase {
    let state = site.state.word();
    let name = format!("{} {}", site.service(), site.fingerprint);
    let holds = format!("{state}: {}", gate::figure(site));
    let at = format!("at {}", figures::place(site.place()));
    let accepted = site.reason.iter().map(|reason| format!("; accepted: {reason}"));
    let out = format!("{holds}, {at}{}", accepted.collect::<String>());
    let reasons = match site.state.fails() {
        true => [&[holds, at][..], &site.frames].concat(),
        false => Vec::new(),
    };
    let mut case = case("baseline", &name, state, &reasons);
    case.set_system_out(out);
    case
}
