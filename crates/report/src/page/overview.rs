//! The result in one sentence, and the table of lessons.

use super::charts::spark;
use super::{Folder, badge, capital};
use crate::comparison::{Comparison, LessonResult, TwinResult, Verdict};
use crate::figures;
use maud::{Markup, html};

/// What was measured, what came out, and on what.
pub(super) fn header(comparison: &Comparison) -> Markup {
    html! {
        header {
            p class="brand" { "Leaklab" }
            h1 { (headline(comparison)) }
            p {
                b { "leaky" } " and " b { "fixed" } " are two builds of one service that "
                "differ only in their leaks. "
                @if comparison.unexpected().next().is_some() {
                    a href="#odd" { "Show what is not as expected" }
                }
            }
            @if let Some(pressure) = comparison.pressure() { p class="mismatch" { "! " (pressure) } }
            p class="made" { (figures::conditions(comparison)) }
        }
    }
}

/// The whole comparison in one sentence.
fn headline(comparison: &Comparison) -> String {
    let of_kind = |kind: &'static str| {
        comparison.lessons.iter().filter(move |lesson| lesson.kind == kind)
    };
    // Of a twin that was measured.
    let grow = |name: &str| {
        let twins = of_kind("lesson").filter_map(|lesson| lesson.twins.get(name));
        let verdicts: Vec<_> = twins.map(|twin| twin.verdict.is_growth()).collect();
        let count = verdicts.iter().filter(|grows| **grows).count();
        (!verdicts.is_empty()).then(|| format!("{count} grow in {name}"))
    };
    let (lessons, controls) =
        (of_kind("lesson").count(), of_kind("control").count());
    let flat = of_kind("control").filter(|lesson| {
        lesson.twins.values().all(|twin| twin.verdict == Verdict::Flat)
    });
    let jobs = (lessons > 0).then(|| {
        let twins: Vec<_> =
            ["leaky", "fixed"].into_iter().filter_map(grow).collect();
        format!("of {lessons} everyday jobs, {}", twins.join(" and "))
    });
    let suspects = (controls > 0).then(|| {
        format!("{} of {controls} common suspects do not leak", flat.count())
    });
    let expected = match comparison.unexpected().count() {
        _ if comparison.lessons.is_empty() => "no lesson was measured".to_owned(),
        0 => "every verdict is as expected".to_owned(),
        1 => "one lesson is not as expected".to_owned(),
        n => format!("{n} lessons are not as expected"),
    };
    let parts = [jobs, suspects, Some(expected)];
    let sentence = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    capital(sentence) + "."
}

/// All lessons, a row each, which links to its section.
pub(super) fn table(folder: &Folder<'_>) -> Markup {
    let kinds = ["all", "grows", "does not grow", "not as expected"];
    let heads =
        ["Lesson", "Grows with", "leaky", "fixed", "Growth", "Why", "Full after"];
    let lessons = &folder.comparison.lessons;
    let rows = html! { @for lesson in lessons { (rows(folder, lesson)) } };
    html! {
        section id="overview" aria-label="All lessons" {
            h2 { "Lessons and controls" }
            (filter("l09, tenant, semaphore …", kinds))
            (super::table("Table of lessons", "lessons", &heads, &rows))
            p class="made" {
                "B: bytes of live heap per request. Full after: how long 256 MiB last, "
                "without what the allocator and other memory of the process add. "
                "LEAKS: goes on growing. GROWS: the peak follows the size. "
                "BOUNDED: stops growing. FLAT: does not grow."
            }
        }
    }
}

/// The filter of a page. `kinds` are the names of its choices.
pub(super) fn filter(example: &str, kinds: [&str; 4]) -> Markup {
    let values = ["all", "growth", "still", "odd"];
    html! {
        // The script shows the filter, which needs it.
        fieldset id="filter" hidden {
            legend class="sr" { "Show" }
            label { "Find " input type="search" id="find" placeholder=(example); }
            @for (value, name) in values.into_iter().zip(kinds) {
                label { input type="radio" name="show" id=(value) value=(value) checked[value == "all"]; " " (name) }
            }
            output id="shown" {}
        }
    }
}

fn rows(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let known =
        lessons::lesson(&lesson.id).map_or(&[][..], |known| known.failed_fixes);
    let title = |name: &str| {
        known.iter().find(|fix| fix.name == name).map_or("", |fix| fix.title)
    };
    let [leaky, fixed] = ["leaky", "fixed"].map(|name| lesson.twins.get(name));
    let leak = leaky.filter(|leaky| leaky.verdict == Verdict::Leaks);
    let because = folder.reason("leaky", lesson);
    let holder = lesson.leak().and_then(|(_, site)| figures::holder(site));
    html! {
        tr data-lesson=(lesson.id) {
            th scope="row" {
                @if !lesson.as_expected { b class="mismatch" { "! " } }
                a href={ "#" (lesson.id) } { (lesson.id) }
            }
            td { (lesson.grows_with) }
            td { (cell(leaky)) }
            td { (cell(fixed)) }
            td { (spark(lesson)) }
            td class="holder" { span { (because.or(holder).unwrap_or_default()) } }
            td class="number" data-at-start=[leak.map(figures::at_start)] {
                (leak.and_then(figures::full_after).unwrap_or_default())
            }
        }
        @for (name, result) in &lesson.failed_fixes {
            tr class="failed-fix" data-lesson=(lesson.id) {
                th scope="row" { (name) }
                td {}
                td { (cell(Some(result))) }
                td colspan="4" { "failed fix: " (title(name)) }
            }
        }
    }
}

/// A verdict and its figure.
fn cell(twin: Option<&TwinResult>) -> Markup {
    let Some(twin) = twin else { return html! { "not run" } };
    html! { (badge(twin.verdict)) " " span class="figure" { (figures::short(twin)) } }
}
