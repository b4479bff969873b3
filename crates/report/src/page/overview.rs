//! The result in one sentence, and the table of lessons.

use super::charts::spark;
use super::{badge, capital};
use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::figures;
use maud::{Markup, html};

/// What was measured, what came out, and on what.
pub(super) fn header(comparison: &Comparison) -> Markup {
    html! {
        header {
            p class="brand" { "Leaklab" }
            h1 { (headline(comparison)) }
            p class="made" { (figures::conditions(comparison)) }
        }
    }
}

/// The whole comparison in one sentence.
fn headline(comparison: &Comparison) -> String {
    let of_kind = |kind: &'static str| {
        comparison.lessons.iter().filter(move |lesson| lesson.kind == kind)
    };
    let grow = |name: &str| {
        let twins = of_kind("lesson").filter_map(|lesson| lesson.twins.get(name));
        twins.filter(|twin| twin.verdict.is_growth()).count()
    };
    let (lessons, controls) =
        (of_kind("lesson").count(), of_kind("control").count());
    let flat = of_kind("control").filter(|lesson| {
        lesson.twins.values().all(|twin| twin.verdict == Verdict::Flat)
    });
    let jobs = (lessons > 0).then(|| {
        let (leaky, fixed) = (grow("leaky"), grow("fixed"));
        format!("{leaky} of {lessons} everyday jobs grow in leaky, {fixed} in fixed")
    });
    let suspects = (controls > 0).then(|| {
        format!("{} of {controls} common suspects do not leak", flat.count())
    });
    let expected = match comparison.unexpected().count() {
        0 => "every verdict is as expected".to_owned(),
        n => format!("not as expected: {n}"),
    };
    let parts = [jobs, suspects, Some(expected)];
    let sentence = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    let pressure = comparison.pressure().map(|pressure| format!(" {pressure}"));
    format!("{}.{}", capital(sentence), pressure.unwrap_or_default())
}

/// All lessons, a row each, which links to its section.
pub(super) fn table(comparison: &Comparison) -> Markup {
    let kinds = ["all", "grows", "does not grow", "not as expected"];
    let heads = ["Lesson", "Grows with", "leaky", "fixed", "Both", "Held by"];
    let rows = html! { @for lesson in &comparison.lessons { (rows(lesson)) } };
    html! {
        nav id="overview" aria-label="All lessons" {
            h2 { "Lessons and controls" }
            (filter("l09, tenant, actix_http …", kinds))
            (super::table("Table of lessons", "lessons", &heads, &rows))
        }
    }
}

/// The filter of a page. `kinds` are the names of its choices.
pub(super) fn filter(example: &str, kinds: [&str; 4]) -> Markup {
    let values = ["all", "growth", "still", "odd"];
    html! {
        // The script shows the filter, which needs it.
        div id="filter" hidden {
            label { "Find " input type="search" id="find" placeholder=(example); }
            @for (value, name) in values.into_iter().zip(kinds) {
                label { input type="radio" name="show" value=(value) checked[value == "all"]; " " (name) }
            }
            output id="shown" {}
        }
    }
}

fn rows(lesson: &LessonResult) -> Markup {
    let known =
        lessons::lesson(&lesson.id).map_or(&[][..], |known| known.failed_fixes);
    let title = |name: &str| {
        known.iter().find(|fix| fix.name == name).map_or("", |fix| fix.title)
    };
    html! {
        tr data-lesson=(lesson.id) {
            th scope="row" { a href={ "#" (lesson.id) } { (lesson.id) } }
            td { (lesson.grows_with) }
            td { (cell(lesson.twins.get("leaky"))) }
            td { (cell(lesson.twins.get("fixed"))) }
            td { (spark(lesson)) }
            td class="holder" { (holder(lesson).unwrap_or_default()) }
        }
        @for (name, result) in &lesson.failed_fixes {
            tr class="failed-fix" data-lesson=(lesson.id) {
                th scope="row" { (name) }
                td {}
                td { (cell(Some(result))) }
                td colspan="3" { "failed fix: " (title(name)) }
            }
        }
    }
}

/// The line that holds most of the growth, or the code that allocated it.
fn holder(lesson: &LessonResult) -> Option<String> {
    let (_, site) = lesson.leak()?;
    let line = site.in_app_frame.as_ref().and_then(|frame| frame.rsplit_once(':'));
    let place = match line {
        Some((_, line)) => format!("line {line}"),
        None => figures::holder(site)?,
    };
    Some(format!("{place}, {}", figures::percent(site.share)))
}

/// A verdict and its figure.
fn cell(twin: Option<&TwinResult>) -> Markup {
    let Some(twin) = twin else { return html! { "not run" } };
    html! { (badge(twin.verdict)) " " span class="figure" { (figures::short(twin)) } }
}
