//! The section of one lesson.

use super::{Folder, at_exit, charts, overview, sites, source, stacks};
use crate::comparison::LessonResult;
use crate::figures;
use maud::{Markup, html};

/// Everything about a lesson, in the order in which it is asked.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let known = lessons::lesson(&lesson.id);
    let growing = lesson.twins.values().any(|twin| twin.verdict.is_growth());
    html! {
        article id=(lesson.id) class="lesson" data-growth=(growing) data-odd=(!lesson.as_expected) {
            h2 { a href={ "#" (lesson.id) } { (lesson.id) } }
            @if let Some(known) = known {
                p class="job" { (known.title) ": " code { (known.route) } }
            }
            (verdicts(lesson))
            @for surprise in &lesson.mismatches { p class="surprise" { "! " (surprise) } }
            div class="charts" {
                @if let Some(chart) = charts::peak(lesson) { (chart) }
                @if let Some(chart) = charts::live(lesson) { (chart) }
                @if let Some(chart) = charts::resident(lesson) { (chart) }
                @for chart in charts::signs(lesson) { (chart) }
            }
            (sites::section(lesson))
            (source::section(folder, lesson))
            (stacks::section(folder, lesson))
            (at_exit::section(lesson))
        }
    }
}

fn verdicts(lesson: &LessonResult) -> Markup {
    let variants = lesson.failed_fixes.iter();
    let variants = variants.map(|(name, result)| (name.as_str(), result));
    let twins = super::twins(lesson).into_iter().chain(variants);
    html! {
        dl class="verdicts" {
            @for (name, twin) in twins {
                div class=(name) {
                    dt { (name) }
                    dd { (overview::verdict(twin.verdict)) " " (figures::of(twin)) }
                }
            }
            div { dt { "grows with" } dd { (lesson.grows_with) } }
            @if !lesson.claims.is_empty() {
                div {
                    dt { "settles" }
                    dd { @for claim in &lesson.claims { a href={ "#" (claim) } { (claim) } " " } }
                }
            }
            @if let Some(cost) = &lesson.cost { (costs(cost.database_calls_ratio, cost.latency_ratio)) }
        }
    }
}

/// What the fix takes in return, or spares.
fn costs(calls: Option<f64>, latency: Option<f64>) -> Markup {
    let mut parts = Vec::new();
    if let Some(calls) = calls {
        parts.push(format!("{calls:.2} times the database calls"));
    }
    if let Some(latency) = latency {
        parts.push(format!("{latency:.2} times the median latency"));
    }
    html! {
        @if !parts.is_empty() {
            div { dt { "fixed takes" } dd { (parts.join(", ")) " of leaky" } }
        }
    }
}
