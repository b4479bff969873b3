//! The section of one lesson.

use super::charts::charts;
use super::{Folder, badge, part, sites, source, wide};
use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use maud::{Markup, html};
use profile::{InApp, Moment, flame};

/// Everything about a lesson, in the order in which readers ask.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let growing = lesson.twins.values().any(|twin| twin.verdict.is_growth());
    let (shown, flat) = charts(lesson);
    let number = lesson.id.split('_').next().unwrap_or_default();
    html! {
        article id=(lesson.id) class="lesson" data-growth=(growing) data-odd=(!lesson.as_expected) {
            h2 { a href={ "#" (lesson.id) } { (lesson.id) } }
            @if let Some(known) = lessons::lesson(&lesson.id) {
                p class="job" { (known.title) ": " code { (known.route) } }
            }
            @for twin in ["leaky", "fixed"] {
                @if let Some(reason) = folder.reason(twin, lesson) {
                    p class={ "reason " (twin) } { b { (twin) ": " } (reason) }
                }
            }
            p class="job" {
                "Again: " code { "./scripts/compare.sh " (number) } ". Read more: "
                code { "leaklab explain " (number) }
                @if let Some(chapter) = folder.chapter(&lesson.id) {
                    ", " a href=(chapter) { "the chapter" }
                }
                ". " a class="up" href="#overview" { "All lessons" }
            }
            (verdicts(lesson))
            @for mismatch in &lesson.mismatches { p class="mismatch" { "! " (mismatch) } }
            div class="charts" { @for chart in shown { (chart.figure()) } }
            @if !flat.is_empty() {
                @let title = format!("More charts, all flat: {}", flat.len());
                @let charts = html! { div class="charts" { @for chart in flat { (chart.figure()) } } };
                (part("flat", false, &title, &charts))
            }
            (sites::section(lesson))
            (source::section(folder, lesson))
            (stacks(folder, lesson))
        }
    }
}

fn verdicts(lesson: &LessonResult) -> Markup {
    let costs = figures::costs(lesson);
    html! {
        dl class="verdicts" {
            @for (name, twin) in lesson.services() {
                div class=(name) {
                    dt { (name) }
                    dd {
                        (badge(twin.verdict)) " " (figures::of(twin))
                        @for more in [figures::full_after(twin), at_exit(twin)].into_iter().flatten() { "; " (more) }
                        @if let Some(how) = twin.circumstances() { ", " (how) }
                    }
                }
            }
            @let with = if lesson.kind == "control" { "tested against" } else { "grows with" };
            div { dt { (with) } dd { (lesson.grows_with) } }
            @if !lesson.claims.is_empty() {
                div {
                    dt { "evidence for" }
                    dd { @for claim in &lesson.claims { a href={ "#" (claim) } { (claim) } " " } }
                }
            }
            @if !costs.is_empty() {
                div { dt { "the fix costs" } dd { (costs.join(", ")) } }
            }
        }
    }
}

/// A flame graph of what `leaky` holds and `fixed` does not; of the one that was run.
fn stacks(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let in_app = InApp::lessons();
    let (moment, what) = match lesson.peak_scale {
        Some(_) => (Moment::Peak, "bytes at the peak"),
        None => (Moment::End, "bytes still live"),
    };
    let profiles: Vec<_> =
        lesson.both().map(|(name, twin)| (name, folder.profile(twin))).collect();
    let graph = match &profiles[..] {
        [(_, Ok(leaky)), (_, Ok(fixed))] => {
            let title = "What leaky holds more (+) or less (\u{2212}) than fixed";
            Some(flame::difference(fixed, leaky, moment, &in_app, title))
        }
        [(name, Ok(profile)), ..] => {
            let title = format!("{name}, by call stack");
            Some(flame::surviving(profile, moment, &in_app, &title))
        }
        _ => None,
    };
    let graphs = html! {
        @if let Some(graph) = graph { (wide(&format!("Flame graph, {}", lesson.id), &graph)) }
        @for (name, profile) in &profiles {
            @if let Err(why) = profile { p class="none" { (name) ": " (why) } }
        }
    };
    part("stacks", false, &format!("Call stacks: {what}"), &graphs)
}

/// What a tool that looks at exit could see of a twin.
fn at_exit(twin: &TwinResult) -> Option<String> {
    let before = figures::memory(twin.live_bytes_before_exit?);
    Some(match twin.live_bytes_at_exit {
        Some(after) => format!(
            "{before} live before an orderly exit, {} after",
            figures::memory(after)
        ),
        None => format!("{before} live; killed, because work kept it from ending"),
    })
}
