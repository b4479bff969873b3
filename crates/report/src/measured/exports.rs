//! The result of `leaklab measure` for a pull request and for a CI system.

use super::{Measured, RequestResult, Trend, text};
use crate::figures;
use crate::junit::case;
use crate::markdown::{fenced, folded_stacks, stack};
use crate::terminal::Told;
use quick_junit::{Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

/// As Markdown: the answer, what a terminal shows, and folded call stacks.
pub fn markdown(measured: &Measured) -> String {
    let mut all =
        format!("**{}**\n\n{}", measured.sentence(), fenced(&text(measured)));
    let largest = |request: &RequestResult| {
        let site = request.sites.first()?;
        let share = figures::percent(site.share);
        let title = format!("{}: {}, {share} of it", request.name, figure(request));
        Some(stack(&title, &site.frames))
    };
    let stacks = measured.requests.iter().filter_map(largest).collect();
    folded_stacks(&mut all, stacks);
    all
}

/// As JUnit XML: a case for each request. It fails if it grows and is not accepted, and
/// is skipped if there is no verdict.
///
/// # Errors
/// Those of the XML writer; none is known.
pub fn junit(measured: &Measured) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new("leaklab measure");
    suite.add_test_cases(measured.requests.iter().map(of));
    if !measured.notes.is_empty() {
        suite.set_system_out(measured.notes.join("\n"));
    }
    let mut report = Report::new("leaklab");
    report.add_test_suite(suite);
    report.to_string()
}

fn of(request: &RequestResult) -> TestCase {
    let sites = request.sites.iter().take(super::text::SITES_PRINTED);
    let sites = sites.map(|site| {
        format!(
            "{} held by {}",
            figures::percent(site.share),
            figures::place(site.place())
        )
    });
    let reasons: Vec<_> = request.failure.iter().cloned().chain(sites).collect();
    let failed: &[String] = if request.failure.is_some() { &reasons } else { &[] };
    let verdict = request.verdict.word();
    let mut case = case("leaklab measure", &request.name, verdict, failed);
    if let (Trend::Inconclusive, []) = (request.verdict, failed) {
        let mut status = TestCaseStatus::skipped();
        let reason = request.reason.as_ref().or(request.traffic.warning.as_ref());
        status.set_message(reason.map_or(verdict, String::as_str));
        case.status = status;
    }
    let accepted = request.accepted.iter().filter(|_| request.is_accepted());
    let accepted: String =
        accepted.map(|accepted| format!("; {}", accepted.words())).collect();
    case.set_system_out(format!("{verdict}: {}{accepted}", figure(request)));
    case
}

/// What the verdict rests on.
pub(crate) fn figure(request: &RequestResult) -> String {
    let slope = figures::slope(request.slope_bytes_per_request, request.ci95);
    let limit = figures::size(request.detection_limit_bytes_per_request);
    format!("{slope}, detection limit {limit}")
}
