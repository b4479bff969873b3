//! The report: one page that needs no server, no network and no script, made from a
//! comparison, its profiles and the twins' sources; or from a service's measurement.

mod chart;
mod charts;
mod claims;
mod folder;
mod gate;
mod lesson;
mod overview;
mod requests;
mod sites;
mod source;
mod words;

pub use folder::Folder;
pub use requests::{Sources, measured};

use crate::figures;
use crate::terminal::Told;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use profile::flame;

/// Name of the page in the folder of its comparison.
pub const FILE: &str = "report.html";

/// The looks of our pages.
pub const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page may load: nothing. It contains its styles and its one script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; img-src data:";

/// The whole page of a comparison.
pub fn render(folder: &Folder<'_>) -> String {
    document("Leaklab: what leaks, where, how fast", &body(folder))
}

fn document(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                // Without an icon a browser asks the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(flame::STYLE)) }
            }
            body {
                (body)
                div id="tip" role="status" aria-live="polite" hidden {}
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn body(folder: &Folder<'_>) -> Markup {
    let comparison = folder.comparison;
    html! {
        a class="skip" href="#lessons" { "Skip to the lessons" }
        (overview::header(comparison))
        main {
            (overview::table(folder))
            (gate::section(comparison))
            section id="lessons" aria-label="Lessons" {
                @for lesson in &comparison.lessons {
                    (lesson::section(folder, lesson))
                }
            }
            (claims::section(comparison))
        }
        footer {
            p { (figures::UNITS) " Live bytes are exact and read at rest; call stacks come from dhat." }
            p { "Made by " code { "leaklab report" } " from " code { "comparison.json" }
                ", dhat's profiles and the twins' sources. It loads nothing." }
        }
    }
}

/// A part that folds.
fn part(class: &str, open: bool, title: &str, content: &Markup) -> Markup {
    html! {
        details class={ "part " (class) } open[open] {
            summary { h3 { (title) } }
            (content)
        }
    }
}

/// What may be wider than a telephone scrolls by itself.
fn wide(label: &str, content: &Markup) -> Markup {
    html! {
        div class="wide" tabindex="0" role="region" aria-label=(label) { (content) }
    }
}

/// A table in a region that scrolls.
fn table(label: &str, class: &str, heads: &[&str], rows: &Markup) -> Markup {
    let table = html! {
        table class=(class) {
            caption class="sr" { (label) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { (rows) }
        }
    };
    wide(label, &table)
}

/// A text that begins with a capital.
fn capital(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// A verdict or a state in its colour and in words.
fn badge(told: impl Told) -> Markup {
    html! { span class={ "verdict " (told.class()) } { (told.word()) } }
}
