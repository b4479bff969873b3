//! The answer in one sentence, and the table of lessons.

use super::charts::spark;
use crate::comparison::{Comparison, LessonResult, SiteResult, TwinResult, Verdict};
use crate::{figures, table};
use maud::{Markup, html};

/// What was asked, what came out, and on what.
pub(super) fn header(comparison: &Comparison) -> Markup {
    let environment = &comparison.environment;
    html! {
        header {
            p class="brand" { "Leaklab" }
            h1 { (answer(comparison)) }
            p class="made" {
                "Seed " (comparison.seed) ", " (format!("{:.0}", comparison.seconds)) " s on "
                (environment.cores) " cores, " (environment.system) "; "
                (environment.rustc) ", " (environment.profile) "; aws-sdk-dynamodb "
                (environment.aws_sdk_dynamodb) "; engine " (environment.engine) "."
            }
        }
    }
}

/// The whole comparison in one sentence.
fn answer(comparison: &Comparison) -> String {
    let lessons = &comparison.lessons;
    let grows = |name: &str| {
        let grows = |lesson: &&LessonResult| {
            lesson.twins.get(name).is_some_and(|twin| twin.verdict.is_growth())
        };
        lessons.iter().filter(|l| l.kind == "lesson").filter(grows).count()
    };
    let controls = || lessons.iter().filter(|lesson| lesson.kind == "control");
    let flat = controls().filter(|lesson| {
        lesson.twins.values().all(|twin| twin.verdict == Verdict::Flat)
    });
    let of = lessons.iter().filter(|lesson| lesson.kind == "lesson").count();
    let mut parts = Vec::new();
    if of > 0 {
        let none = |n: usize| if n == 0 { "none".to_owned() } else { n.to_string() };
        parts.push(format!(
            "{} of {of} everyday jobs grow in leaky, {} in fixed",
            none(grows("leaky")),
            none(grows("fixed"))
        ));
    }
    if controls().count() > 0 {
        let (flat, all) = (flat.count(), controls().count());
        parts
            .push(format!("{flat} of {all} suspects that were said to leak do not"));
    }
    let mismatches = lessons.iter().filter(|lesson| !lesson.as_expected).count();
    parts.push(match mismatches {
        0 => "every verdict is as expected".to_owned(),
        1 => "one verdict is not as expected".to_owned(),
        n => format!("{n} verdicts are not as expected"),
    });
    let sentence = parts.join("; ");
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => sentence,
    }
}

/// All lessons, a row each, which links to its section.
pub(super) fn table(comparison: &Comparison) -> Markup {
    html! {
        nav id="overview" aria-label="All lessons" {
            h2 { "Lessons and controls" }
            // The script shows it: without one, it could do nothing.
            div id="filter" hidden {
                label { "Find " input type="search" id="find" placeholder="l09, tenant, actix_http …"; }
                @for (value, name) in [("all", "all"), ("growth", "grows"), ("still", "does not grow"), ("odd", "not as expected")] {
                    label { input type="radio" name="show" value=(value) checked[value == "all"]; " " (name) }
                }
                output id="shown" {}
            }
            div class="wide" tabindex="0" role="region" aria-label="Table of lessons" {
                table class="lessons" {
                    thead { tr {
                        th scope="col" { "Lesson" } th scope="col" { "Grows with" }
                        th scope="col" { "leaky" } th scope="col" { "fixed" }
                        th scope="col" { "Both" } th scope="col" { "Held by" }
                    } }
                    tbody { @for lesson in &comparison.lessons { (row(lesson)) } }
                }
            }
        }
    }
}

fn row(lesson: &LessonResult) -> Markup {
    html! {
        tr data-lesson=(lesson.id) {
            th scope="row" { a href={ "#" (lesson.id) } { (lesson.id) } }
            td { (lesson.grows_with) }
            td { (cell(lesson.twins.get("leaky"))) }
            td { (cell(lesson.twins.get("fixed"))) }
            td { (spark(lesson)) }
            td class="holder" { (holder(lesson)) }
        }
        @for (name, result) in &lesson.failed_fixes {
            tr class="variant" data-lesson=(lesson.id) {
                th scope="row" { (name) }
                td {}
                td { (cell(Some(result))) }
                td colspan="3" { "tried: " (title(lesson, name)) }
            }
        }
    }
}

/// The line that holds most of the growth, or the code that allocated it.
fn holder(lesson: &LessonResult) -> String {
    let leaky = lesson.twins.get("leaky").filter(|twin| twin.verdict.is_growth());
    let sites = leaky.map_or(&[][..], |twin| &twin.sites);
    let named = |site: &&SiteResult| {
        site.in_app_frame.is_some() || site.expected_site.is_some()
    };
    let Some(site) = sites.iter().find(named) else { return String::new() };
    let share = 100.0 * site.share;
    match (&site.in_app_frame, &site.expected_site) {
        (Some(frame), _) => {
            let line = frame.rsplit_once(':').map_or("", |(_, line)| line);
            format!("line {line}, {share:.0} %")
        }
        (None, expected_site) => {
            let expected_site = expected_site.as_deref().unwrap_or_default();
            format!("{}, {share:.0} %", table::culprit_name(expected_site))
        }
    }
}

/// What a variant tries.
fn title(lesson: &LessonResult, variant: &str) -> &'static str {
    let variants =
        lessons::lesson(&lesson.id).map_or(&[][..], |known| known.failed_fixes);
    let found = variants.iter().find(|known| known.name == variant);
    found.map_or("", |known| known.title)
}

/// A verdict and its figure.
pub(super) fn cell(twin: Option<&TwinResult>) -> Markup {
    let Some(twin) = twin else { return html! { "not run" } };
    let figure = match twin.peak_exponent {
        Some(exponent) => format!("~n^{}", figures::power(exponent)),
        None => format!("{} B", figures::bytes(twin.slope_bytes_per_request)),
    };
    html! { (verdict(twin.verdict)) " " span class="figure" { (figure) } }
}

/// A verdict, in its colour and in words.
pub(super) fn verdict(verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Leaks | Verdict::Grows => "growth",
        Verdict::Bounded | Verdict::Flat => "still",
        Verdict::Inconclusive => "unsure",
    };
    html! { span class={ "verdict " (class) } { (verdict.as_str()) } }
}
