//! The section of one lesson.

use super::charts::charts;
use super::{Folder, badge, part, sites, source, wide};
use crate::comparison::{LessonResult, TwinResult};
use crate::figures;
use maud::{Markup, html};
use profile::{InApp, Moment, Profile, flame};

/// Everything about a lesson, in the order in which readers ask.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let growing = lesson.twins.values().any(|twin| twin.verdict.is_growth());
    html! {
        article id=(lesson.id) class="lesson" data-growth=(growing) data-odd=(!lesson.as_expected) {
            h2 { a href={ "#" (lesson.id) } { (lesson.id) } }
            @if let Some(known) = lessons::lesson(&lesson.id) {
                p class="job" { (known.title) ": " code { (known.route) } }
            }
            (verdicts(lesson))
            @for mismatch in &lesson.mismatches { p class="mismatch" { "! " (mismatch) } }
            div class="charts" { @for chart in charts(lesson) { (chart.figure()) } }
            (sites::section(lesson))
            (source::section(folder, lesson))
            (stacks(folder, lesson))
            (at_exit(lesson))
        }
    }
}

fn verdicts(lesson: &LessonResult) -> Markup {
    let costs = lesson.cost.iter().flat_map(|cost| figures::costs(cost, 0.0, 0.0));
    let costs: Vec<_> = costs.collect();
    html! {
        dl class="verdicts" {
            @for (name, twin) in lesson.services() {
                div class=(name) {
                    dt { (name) }
                    dd {
                        (badge(twin.verdict)) " " (figures::of(twin))
                        @if let Some(how) = twin.circumstances() { ", " (how) }
                    }
                }
            }
            div { dt { "grows with" } dd { (lesson.grows_with) } }
            @if !lesson.claims.is_empty() {
                div {
                    dt { "settles" }
                    dd { @for claim in &lesson.claims { a href={ "#" (claim) } { (claim) } " " } }
                }
            }
            @if !costs.is_empty() {
                div { dt { "fixed takes" } dd { (costs.join(", ")) " of leaky" } }
            }
        }
    }
}

/// Flame graphs of both twins and of their difference.
fn stacks(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let in_app = InApp::lessons();
    let (moment, what) = match lesson.peak_scale {
        Some(_) => (Moment::Peak, "bytes at the peak"),
        None => (Moment::End, "bytes still live"),
    };
    let profiles: Vec<(&str, Result<Profile, String>)> =
        lesson.both().map(|(name, twin)| (name, folder.profile(twin))).collect();
    let graphs = html! {
        @for (name, profile) in &profiles {
            @match profile {
                Ok(profile) => {
                    @let title = format!("{name}: {what}, by call stack");
                    (wide("Flame graph", &flame::surviving(profile, moment, &in_app, &title)))
                }
                Err(why) => p class="none" { (name) ": " (why) },
            }
        }
        @if let [(_, Ok(leaky)), (_, Ok(fixed))] = &profiles[..] {
            @let title = format!("from fixed to leaky: {what}");
            (wide("Flame graph", &flame::difference(fixed, leaky, moment, &in_app, &title)))
        }
    };
    part("stacks", false, &format!("Call stacks: {what}"), &graphs)
}

/// What a tool that looks at exit could see of each twin.
fn at_exit(lesson: &LessonResult) -> Markup {
    let of = |(name, twin)| Some((name, seen(twin)?));
    let twins: Vec<(&str, String)> = lesson.both().filter_map(of).collect();
    if twins.is_empty() {
        return html! {};
    }
    let list = html! {
        ul { @for (name, seen) in twins { li { b { (name) } ": " (seen) } } }
    };
    part("", true, "What a tool that looks at exit could see", &list)
}

fn seen(twin: &TwinResult) -> Option<String> {
    let before = twin.live_bytes_before_exit? as f64;
    let Some(after) = twin.live_bytes_at_exit.map(|bytes| bytes as f64) else {
        return Some(format!(
            "{} B were live. Requests or background work kept the service from ending \
             when it was asked to, so it was killed: there was no exit to look at.",
            figures::grouped(before)
        ));
    };
    Some(format!(
        "{} B were live; {} B ({}) were left after an orderly exit.",
        figures::grouped(before),
        figures::grouped(after),
        figures::percent(after / before.max(1.0))
    ))
}
