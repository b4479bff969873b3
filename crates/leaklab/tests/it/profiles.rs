//! `show` and `diff` on profiles of our services and of foreign programs.

use crate::fixture::Leaklab;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A profile of a program with dhat that knows nothing of this workspace.
fn hoarder() -> String {
    kept("hoarder.json")
}

/// A profile from the tests of the crate `profile`.
fn kept(name: &str) -> String {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../profile/tests/profiles");
    folder.join(name).to_str().unwrap().to_owned()
}

/// A copy of a profile with a text replaced.
fn edited(profile: &str, from: &str, to: &str) -> (TempDir, String) {
    let text = std::fs::read_to_string(profile).unwrap();
    assert!(text.contains(from), "{profile} has no {from}");
    written(&text.replace(from, to))
}

fn written(content: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("edited.json");
    std::fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn show(profile: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["show", profile], arguments].concat())
}

fn diff(before: &str, after: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["diff", before, after], arguments].concat())
}

#[track_caller]
fn fits_a_pipe(text: &str) {
    assert!(!text.contains('\u{1b}'), "{text:?}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80 && line.trim_end() == line, "{line:?}");
    }
}

#[test]
fn foreign_profiles_are_ranked_by_in_app_lines() {
    let text = show(&kept("valgrind.json"), &[]).run().code(0).stdout();
    assert!(
        text.contains("list.c:7") && text.contains("keep, through malloc"),
        "{text}"
    );
    fits_a_pipe(&text);
    let text = show(&hoarder(), &[]).run().code(0).stdout();
    assert!(text.contains("Attic::keep, through from_elem"), "{text}");
    assert!(text.contains("files of the crate hoarder"), "{text}");
    fits_a_pipe(&text);
}

#[test]
fn every_ranking_has_the_whole_profile_in_its_rows() {
    let totals = |arguments: &[&str]| {
        let all = [&["--format", "json"], arguments].concat();
        let shown = show(&hoarder(), &all).run().code(0).json();
        let rows = shown["rows"].as_array().unwrap().clone();
        let sum = |name: &str| -> u64 {
            rows.iter().map(|row| row[name].as_u64().unwrap()).sum()
        };
        (
            shown["totals"].clone(),
            ["end_bytes", "peak_bytes", "total_bytes"].map(sum),
        )
    };
    for by in ["site", "crate"] {
        let (of_profile, [_, _, total]) = totals(&["--by", by, "--sort", "churn"]);
        assert_eq!(of_profile["total_bytes"], total, "{by}");
        let (of_profile, [end, _, _]) = totals(&["--by", by]);
        assert_eq!(of_profile["end_bytes"], end, "{by}");
        let (of_profile, [_, peak, _]) = totals(&["--by", by, "--sort", "peak"]);
        assert_eq!(of_profile["peak_bytes"], peak, "{by}");
    }
}

#[test]
fn short_lived_blocks_are_those_that_are_dropped_at_once() {
    let arguments = ["--sort", "short-lived", "--format", "json"];
    let shown = show(&kept("valgrind.json"), &arguments).run().code(0).json();
    let rows = shown["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["function"], "drop");
    assert_eq!(rows[0]["total_blocks"], 50);
}

#[test]
fn a_diff_names_what_is_new_gone_grown_and_the_same_and_which_way() {
    let before = kept("valgrind.json");
    let (_folder, after) = edited(&before, "\"eb\":5600", "\"eb\":7600");
    let text = diff(&before, &after, &[]).run().code(0).stdout();
    assert!(text.contains("A is before, B is after"), "{text}");
    assert!(text.contains("+2,000") && text.contains("grown"), "{text}");
    fits_a_pipe(&text);
    let text = diff(&after, &before, &[]).run().code(0).stdout();
    assert!(text.contains("-2,000") && text.contains("shrunk"), "{text}");

    let status = |before: &str, after: &str| {
        let done = diff(before, after, &["--format", "json"]).run().code(0).json();
        done["sites"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(&before, &before), "same");
    let (_folder, without) = edited(&before, "\"eb\":5600", "\"eb\":0");
    assert_eq!(status(&before, &without), "gone");
    assert_eq!(status(&without, &before), "new");
}

#[test]
fn a_diff_finds_a_site_whose_line_has_moved() {
    let before = hoarder();
    let text = std::fs::read_to_string(&before).unwrap();
    let moved = text.replace("hoarder.rs:", "hoarder.rs:1");
    assert_ne!(text, moved);
    let (_folder, after) = written(&moved);
    let done = diff(&before, &after, &["--format", "json"]).run().code(0).json();
    for site in done["sites"].as_array().unwrap() {
        assert_eq!(site["status"], "same", "{site}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused_unless_asked_for_anyway() {
    let (list, hoarder) = (kept("valgrind.json"), hoarder());
    let refused = diff(&list, &hoarder, &[]).run().code(2);
    refused.says(&["different modes", "rust-heap", "--anyway"]);
    let (_folder, other) = edited(&list, "./list", "./queue");
    let refused = diff(&list, &other, &[]).run().code(2);
    refused.says(&["different programs", "list and queue", "--anyway"]);
    diff(&list, &other, &["--anyway"]).run().code(0);
    diff(&list, &hoarder, &["--anyway"]).run().code(0);
    // The same program from another folder.
    let (_folder, elsewhere) = edited(&list, "./list", "/usr/bin/list");
    diff(&list, &elsewhere, &[]).run().code(0);
}

#[test]
fn what_is_no_heap_profile_is_refused_with_its_name_and_a_cure() {
    let nowhere = "nowhere/profile.json";
    show(nowhere, &[]).run().code(2).says(&[nowhere, "target/leaklab/profiles/"]);
    for content in ["", "orders", "{}", "{\"dhatFileVersion\": 2"] {
        let (_folder, file) = written(content);
        let said = [file.as_str(), "not a dhat profile", "valgrind --tool=dhat"];
        show(&file, &[]).run().code(2).says(&said);
        diff(&hoarder(), &file, &[]).run().code(2).says(&said);
    }
    let (_folder, events) = edited(&hoarder(), "rust-heap", "rust-ad-hoc");
    show(&events, &[]).run().code(2).says(&[&events, "rust-ad-hoc", "new_heap"]);
    let done = show(&hoarder(), &["--by", "lesson"]).run().code(2);
    done.says(&["src/lessons/", "--by crate"]);
}

#[test]
fn absurd_counts_are_shown_and_break_nothing() {
    let most = format!("\"eb\":{}", u64::MAX);
    let (folder, absurd) = edited(&kept("valgrind.json"), "\"eb\":5600", &most);
    let text = std::fs::read_to_string(&absurd).unwrap();
    std::fs::write(&absurd, text.replace("\"eb\":0", &most)).unwrap();
    let file = folder.path().join("graph.svg");
    let graph = file.to_str().unwrap();
    let text = show(&absurd, &["--flame", graph]).run().code(0).stdout();
    assert!(text.contains("18,446,744,073,709,551,615"), "{text}");
    diff(&kept("valgrind.json"), &absurd, &["--flame", graph]).run().code(0);
}

#[test]
fn a_graph_shows_hostile_names_as_text() {
    let hostile = "<script>alert(\\\"x\\\")</script>&'";
    let (folder, profile) =
        edited(&kept("valgrind.json"), ": keep (", &format!(": {hostile} ("));
    let file = folder.path().join("graph.svg");
    let graph = file.to_str().unwrap();
    show(&profile, &["--flame", graph]).run().code(0);
    let surviving = std::fs::read_to_string(graph).unwrap();
    diff(&kept("valgrind.json"), &profile, &["--flame", graph]).run().code(0);
    let difference = std::fs::read_to_string(graph).unwrap();
    for svg in [surviving, difference] {
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("&lt;script&gt;"), "{svg}");
        assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    }
    let nowhere = folder.path().join("no/graph.svg");
    let nowhere = nowhere.to_str().unwrap();
    show(&profile, &["--flame", nowhere]).run().code(2).says(&[nowhere, "--flame"]);
}

#[test]
fn our_own_profiles_are_ranked_by_lesson() {
    let run = Leaklab::compare(&["l11", "--twin", "leaky", "--rounds", "4"]).run();
    let file = run.out().join("profiles/l11_session_cache.leaky.json");
    let arguments = ["--by", "lesson", "--format", "json"];
    let shown = show(file.to_str().unwrap(), &arguments).run().code(0).json();
    assert_eq!(shown["rows"][0]["name"], "l11_session_cache", "{shown}");
    let text = show(file.to_str().unwrap(), &[]).run().code(0).stdout();
    assert!(text.contains("src/lessons/l11_session_cache.rs:"), "{text}");
    fits_a_pipe(&text);
}
