//! The page around the drawing: as it is served, with controls, and as it is saved.

use crate::run::About;
use crate::ticks::Ring;
use crate::view::{self, View};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use report::page::STYLE;

/// The looks beside those of the report.
pub(crate) const LOOKS: &str = include_str!("live.css");
/// The script.
pub(crate) const SCRIPT: &str = include_str!("live.js");

/// The page that the server sends. Everything that changes comes as events.
pub(crate) fn served(about: &About, replay: bool) -> String {
    let head = html! {
        link rel="stylesheet" href="/live/style.css";
        script src="/live/script.js" defer {}
    };
    let body = html! {
        (header(about, &html! {
            div id="figures" {}
            button id="pause" aria-pressed="false" { "Pause " kbd { "space" } }
            @if !replay { button data-post="restart" { "Restart " kbd { "r" } } }
        }))
        main {
            div id="cards" {}
            div id="memory" {}
            aside id="line" aria-label="The line that holds the memory" {}
            div id="small" {}
        }
        p id="toast" class="toast" role="status" hidden {}
        (controls(about, replay))
    };
    document(about, &head, &body)
}

fn controls(about: &About, replay: bool) -> Markup {
    html! {
        footer {
            @if !replay {
                @if !about.lessons.is_empty() {
                    select id="lesson" aria-label="lesson" {
                        @for (index, title) in about.lessons.iter().enumerate() {
                            option value=(index) selected[*title == about.title] { (title) }
                        }
                    }
                }
                span role="group" aria-label="load" {
                    "load "
                    button data-post="load/half" aria-label="halve the load" { "−" }
                    button data-post="load/double" aria-label="double the load" { "+" }
                    button data-post="load/rest" id="rest" aria-pressed="false" { "Rest " kbd { "0" } }
                }
                @if !about.databases.is_empty() {
                    span role="group" aria-label="database" {
                        "database "
                        @for (index, name) in about.databases.iter().enumerate() {
                            button class="database" data-post=(format!("database/{index}")) aria-pressed="false" { (name) }
                        }
                        kbd { "f" }
                    }
                }
            }
            span class="last" {
                @if about.names.len() > 1 {
                    button data-post="guess" id="guess" aria-pressed="false" { "Guess first " kbd { "g" } }
                }
                button data-post="line" id="show-line" aria-pressed="false" { "Show the line " kbd { "l" } }
                @if !replay { button data-post="calls" id="calls" aria-pressed="false" { "Calls " kbd { "c" } } }
                @if !replay { a class="button" href="/live/save" download { "Save " kbd { "s" } } }
            }
        }
    }
}

/// The page as a file, with the last drawing and no script.
pub(crate) fn saved(about: &About, ring: &Ring) -> String {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    let head = html! {
        meta http-equiv="Content-Security-Policy" content=(policy);
        style { (PreEscaped(STYLE)) (PreEscaped(LOOKS)) }
    };
    let body = html! {
        (header(about, &html! {}))
        main { (view::all(&View::new(about, ring, None))) }
        footer { "Replay it with " code { "leaklab live --replay FILE" } "." }
    };
    document(about, &head, &body)
}

fn header(about: &About, right: &Markup) -> Markup {
    html! {
        header {
            h1 { (about.title) " " small { (about.detail) } }
            (right)
        }
    }
}

fn document(about: &About, head: &Markup, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (about.title) ", live" }
                // Without an icon a browser asks the server for one.
                link rel="icon" href="data:,";
                (head)
            }
            body class="live" { (body) }
        }
    };
    page.into_string()
}
