//! The sites that hold growth, ranked, with the share that each explains.

use crate::comparison::{LessonResult, SiteResult, TwinResult};
use crate::figures;
use maud::{Markup, html};

/// Sites that are shown of a twin: the rest would be noise.
const SHOWN: usize = 6;

/// A table for each twin that grows.
pub(super) fn section(lesson: &LessonResult) -> Markup {
    let twins = super::twins(lesson).into_iter();
    let growing: Vec<_> =
        twins.filter(|(_, twin)| twin.verdict.is_growth()).collect();
    html! {
        @if !growing.is_empty() {
            details class="part" open {
                summary { h3 { "What holds it" } }
                @for (name, twin) in growing { (table(lesson, name, twin)) }
            }
        }
    }
}

fn table(lesson: &LessonResult, name: &str, twin: &TwinResult) -> Markup {
    let unit = if lesson.peak_scale.is_some() {
        "B more at the larger peak"
    } else {
        "B a request"
    };
    let shown = twin
        .sites
        .iter()
        .filter(|site| site.share >= figures::SHARE_MIN)
        .take(SHOWN);
    html! {
        div class="wide" tabindex="0" role="region" aria-label={ "Sites of " (name) } {
            table class="sites" {
                caption { (name) }
                thead { tr {
                    th scope="col" { "Share" } th scope="col" { (unit) } th scope="col" { "Line or code" }
                } }
                tbody {
                    @for site in shown { (row(site)) }
                    @if let Some(rest) = twin.unattributed_share {
                        tr {
                            td { (percent(rest)) } td {}
                            td { "of all, that no line of a lesson and no named code holds" }
                        }
                    }
                }
            }
        }
    }
}

fn row(site: &SiteResult) -> Markup {
    html! {
        tr {
            td {
                (percent(site.share))
                meter min="0" max="1" value=(format!("{:.3}", site.share)) { (percent(site.share)) }
            }
            td class="number" { (figures::bytes(site.bytes_per_request)) }
            td {
                code { (place(site)) }
                @if site.in_app_frame.is_none() { @if let Some(expected_site) = &site.expected_site {
                    " through " code { (expected_site) }
                } }
                details {
                    summary { (site.frames.len()) " frames" }
                    ol class="frames" { @for frame in &site.frames { li { code { (frame) } } } }
                }
            }
        }
    }
}

/// The lesson's line, or else where the memory was asked for.
fn place(site: &SiteResult) -> &str {
    let innermost = || site.frames.first().map(String::as_str);
    site.in_app_frame.as_deref().or_else(innermost).unwrap_or("an unknown place")
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
