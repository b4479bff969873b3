//! `show` and `diff` on profiles of our services and of foreign programs.

use crate::fixture::{Leaklab, contains, fits_a_pipe};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

/// A profile from the tests of the crate `profile`: `hoarder` is a program with dhat,
/// `list` ran under valgrind.
fn kept(name: &str) -> String {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../profile/tests/profiles");
    folder.join(name).to_str().unwrap().to_owned()
}

fn hoarder() -> String {
    kept("hoarder.json")
}

fn list() -> String {
    kept("valgrind.json")
}

/// A file of its own.
struct Written {
    folder: TempDir,
    path: String,
}

fn written(content: &str) -> Written {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("edited.json");
    std::fs::write(&path, content).unwrap();
    Written { path: path.to_str().unwrap().to_owned(), folder }
}

/// A copy of a profile with a text replaced.
fn edited(profile: &str, from: &str, to: &str) -> Written {
    let text = std::fs::read_to_string(profile).unwrap();
    assert!(text.contains(from), "{profile} has no {from}");
    written(&text.replace(from, to))
}

fn show(profile: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["show", profile], arguments].concat())
}

fn diff(before: &str, after: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["diff", before, after], arguments].concat())
}

/// The text for people, which fits a pipe and has these parts.
#[track_caller]
fn prints(run: Leaklab, parts: &[&str]) {
    let text = run.run().code(0).stdout();
    contains(&text, parts);
    fits_a_pipe(text.lines());
}

fn json(run: Leaklab) -> Value {
    run.args(&["--format", "json"]).run().code(0).json()
}

#[test]
fn every_ranking_has_the_whole_profile_in_its_rows() {
    for by in ["site", "crate"] {
        for (sort, column) in [
            ("churn", "total_bytes"),
            ("surviving", "end_bytes"),
            ("peak", "peak_bytes"),
        ] {
            let shown = json(show(&hoarder(), &["--by", by, "--sort", sort]));
            let rows = shown["sites"].as_array().unwrap().iter();
            let sum: u64 = rows.map(|row| row[column].as_u64().unwrap()).sum();
            assert_eq!(shown["totals"][column], sum, "{by}");
        }
    }
}

#[test]
fn a_diff_names_what_is_new_gone_grown_and_the_same_and_which_way() {
    let before = list();
    let grown = edited(&before, "\"eb\":5600", "\"eb\":7600");
    let gone = edited(&before, "\"eb\":5600", "\"eb\":0");
    let (after, without) = (&grown.path, &gone.path);
    let parts = ["A is before, B is after", "+2,000", "grown"];
    prints(diff(&before, after, &[]), &parts);
    prints(diff(after, &before, &[]), &["-2,000", "shrunk"]);
    for (before, after, status) in [
        (&before, &before, "same"),
        (&before, without, "gone"),
        (without, &before, "new"),
    ] {
        let done = json(diff(before, after, &[]));
        assert_eq!(done["sites"][0]["status"], status);
    }
}

#[test]
fn a_diff_finds_a_site_whose_line_has_moved() {
    let after = edited(&hoarder(), "hoarder.rs:", "hoarder.rs:1");
    let done = json(diff(&hoarder(), &after.path, &[]));
    for site in done["sites"].as_array().unwrap() {
        assert_eq!(site["status"], "same", "{site}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_unless_asked_for_anyway() {
    let other = edited(&list(), "./list", "./queue");
    let refused = diff(&list(), &other.path, &[]).run().code(2);
    refused.says(&["different programs", "list and queue", "--anyway"]);
    diff(&list(), &other.path, &["--anyway"]).run().code(0);
    // The same program from another folder.
    let elsewhere = edited(&list(), "./list", "/usr/bin/list");
    diff(&list(), &elsewhere.path, &[]).run().code(0);
}

#[test]
fn what_is_no_heap_profile_is_refused_with_its_name_and_a_cure() {
    for content in ["", "orders", "{}", "{\"dhatFileVersion\": 2"] {
        let file = written(content);
        let said = [&file.path, "not a dhat profile", "valgrind --tool=dhat"];
        show(&file.path, &[]).run().code(2).says(&said);
        diff(&hoarder(), &file.path, &[]).run().code(2).says(&said);
    }
    let events = edited(&hoarder(), "rust-heap", "rust-ad-hoc");
    let said = [&events.path, "rust-ad-hoc", "new_heap"];
    show(&events.path, &[]).run().code(2).says(&said);
}

#[test]
fn absurd_counts_are_shown_and_break_nothing() {
    let most = format!("\"eb\":{}", u64::MAX);
    let absurd = edited(&list(), "\"eb\":5600", &most);
    let absurd = edited(&absurd.path, "\"eb\":0", &most);
    let graph = absurd.folder.path().join("graph.svg");
    let flame = ["--flame", graph.to_str().unwrap()];
    let text = show(&absurd.path, &flame).run().code(0).stdout();
    assert!(text.contains("18,446,744,073,709,551,615"), "{text}");
    diff(&list(), &absurd.path, &flame).run().code(0);
}

#[test]
fn a_graph_shows_hostile_names_as_text() {
    let hostile = ": <script>alert(\\\"x\\\")</script>&' (";
    let profile = edited(&list(), ": keep (", hostile);
    let graph = profile.folder.path().join("graph.svg");
    let flame = ["--flame", graph.to_str().unwrap()];
    for run in [show(&profile.path, &flame), diff(&list(), &profile.path, &flame)] {
        run.run().code(0);
        let svg = std::fs::read_to_string(&graph).unwrap();
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("&lt;script&gt;"), "{svg}");
        assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    }
    let nowhere = profile.folder.path().join("no/graph.svg");
    let flame = ["--flame", nowhere.to_str().unwrap()];
    let refused = show(&profile.path, &flame).run().code(2);
    refused.says(&[flame[1], "--flame"]);
}

#[test]
fn our_own_profiles_are_ranked_by_lesson() {
    let run = Leaklab::compare(&["l11", "--twin", "leaky", "--rounds", "4"]);
    let done = run.args(&["--format", "json"]).run().code(0);
    let lesson = &done.json()["lessons"][0];
    let id = lesson["id"].as_str().unwrap();
    let file = done.out(lesson["twins"]["leaky"]["profile"].as_str().unwrap());
    let file = file.to_str().unwrap();
    let shown = json(show(file, &["--by", "lesson"]));
    assert_eq!(shown["sites"][0]["place"], id, "{shown}");
    prints(show(file, &[]), &[&format!("src/lessons/{id}.rs:")]);
}
