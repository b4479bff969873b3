//! Flame graphs of the call stacks whose memory survived.

use super::Folder;
use crate::comparison::LessonResult;
use maud::{Markup, html};
use profile::flame;
use profile::{InApp, Moment, Profile};

/// Of both twins, and their difference.
pub(super) fn section(folder: &Folder<'_>, lesson: &LessonResult) -> Markup {
    let in_app = InApp::lessons();
    let moment = match lesson.peak_scale {
        Some(_) => Moment::Peak,
        None => Moment::End,
    };
    let what = match moment {
        Moment::End => "bytes that survived",
        Moment::Peak => "bytes at the peak",
    };
    let profiles: Vec<(&str, Result<Profile, String>)> = super::twins(lesson)
        .into_iter()
        .map(|(name, twin)| (name, folder.profile(twin)))
        .collect();
    let of = |name: &str| {
        let found = profiles.iter().find(|(twin, _)| *twin == name)?;
        found.1.as_ref().ok()
    };
    html! {
        details class="part stacks" {
            summary { h3 { "Call stacks: " (what) } }
            @for (name, profile) in &profiles {
                @match profile {
                    Ok(profile) => {
                        @let title = format!("{name}: {what}, by call stack");
                        (scrolled(flame::surviving(profile, moment, &in_app, &title)))
                    }
                    Err(why) => p class="none" { (name) ": " (why) },
                }
            }
            @if let (Some(fixed), Some(leaky)) = (of("fixed"), of("leaky")) {
                @let title = format!("from fixed to leaky: {what}");
                (scrolled(flame::difference(fixed, leaky, moment, &in_app, &title)))
            }
        }
    }
}

/// A graph is wider than a telephone.
fn scrolled(graph: Markup) -> Markup {
    html! {
        div class="wide" tabindex="0" role="region" aria-label="Flame graph" { (graph) }
    }
}
