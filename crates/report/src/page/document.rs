//! The page around its sections.

use super::{Folder, charts, gate, ledger, lesson, overview};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use profile::flame;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page may load: nothing. Styles and the one script stand in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; img-src data:";

/// The whole page.
pub fn render(folder: &Folder<'_>) -> String {
    let comparison = folder.comparison;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Leaklab: what leaks, where, how fast" }
                // Without it a browser asks the server for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(charts::style())) (PreEscaped(flame::STYLE)) }
            }
            body {
                a class="skip" href="#lessons" { "Skip to the lessons" }
                (overview::header(comparison))
                main {
                    (overview::table(comparison))
                    (gate::section(comparison))
                    (ledger::section(comparison))
                    section id="lessons" aria-label="Lessons" {
                        @for lesson in &comparison.lessons {
                            (lesson::section(folder, lesson))
                        }
                    }
                }
                (foot())
                div id="tip" role="status" aria-live="polite" hidden {}
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn foot() -> Markup {
    html! {
        footer {
            p {
                "B: live heap bytes that each request leaves behind. ~n^e: the peak \
                 follows the size of the input; 1 is in proportion, 0 is not at all. \
                 Live bytes are exact and read at rest; call stacks are dhat's."
            }
            p { "Made by " code { "leaklab report" } " from " code { "comparison.json" }
                ", dhat's profiles and the twins' sources. It loads nothing." }
        }
    }
}
