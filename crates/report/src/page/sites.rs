//! The sites that hold growth, ranked, with the share that each explains.

use super::{part, wide};
use crate::comparison::{LessonResult, SiteGrowth, TwinResult};
use crate::figures::{self, percent};
use maud::{Markup, html};

/// Sites shown of a twin: the rest would be noise.
const SHOWN: usize = 6;

/// A table for each twin that grows.
pub(super) fn section(lesson: &LessonResult) -> Markup {
    let growing: Vec<_> =
        lesson.both().filter(|(_, twin)| twin.verdict.is_growth()).collect();
    if growing.is_empty() {
        return html! {};
    }
    let tables = html! {
        @for (name, twin) in growing {
            (wide(&format!("Sites of {name}, {}", lesson.id), &table(lesson, name, twin)))
        }
    };
    part("", true, "Where it is allocated", &tables)
}

fn table(lesson: &LessonResult, name: &str, twin: &TwinResult) -> Markup {
    let unit = match lesson.peak_scale {
        Some(_) => "B more at the largest size",
        None => "B per request",
    };
    let rest = twin.unattributed_share.filter(|rest| *rest >= figures::SHARE_MIN);
    let rest = rest.map(|rest| {
        format!(
            ", {} of it in no line of the lesson and no expected code",
            percent(rest)
        )
    });
    ranked(&format!("{name}{}", rest.unwrap_or_default()), unit, &twin.sites)
}

/// Sites with the share of each.
pub(super) fn ranked(caption: &str, unit: &str, sites: &[SiteGrowth]) -> Markup {
    let weighty = |site: &&SiteGrowth| site.share >= figures::SHARE_MIN;
    html! {
        table class="sites" {
            caption { (caption) }
            thead { tr {
                th scope="col" { "Share" } th scope="col" { (unit) } th scope="col" { "Line or code" }
            } }
            tbody {
                @for site in sites.iter().filter(weighty).take(SHOWN) { (row(site)) }
            }
        }
    }
}

fn row(site: &SiteGrowth) -> Markup {
    let through = site.expected_site.iter().filter(|_| site.in_app_frame.is_none());
    html! {
        tr {
            td {
                (percent(site.share))
                meter min="0" max="1" value=(format!("{:.3}", site.share)) { (percent(site.share)) }
            }
            td class="number" { (figures::bytes(site.bytes_per_request)) }
            td {
                code { (site.place()) }
                @for code in through { " through " code { (code) } }
                details {
                    summary { (site.frames.len()) " frames" }
                    ol class="frames" { @for frame in &site.frames { li { code { (frame) } } } }
                }
            }
        }
    }
}
