//! `show` and `diff` on profiles of our services and of foreign programs. What they print
//! of the latter is in `tests/cmd/profiles.md`.

use crate::fixture::{Leaklab, contains, fits_a_pipe};
use serde_json::Value;
use tempfile::TempDir;

/// A program with dhat.
const HOARDER: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../profile/tests/profiles/hoarder.json");

/// A program that ran under valgrind.
const LIST: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../profile/tests/profiles/valgrind.json");

fn show(profile: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["show", profile], arguments].concat())
}

fn diff(before: &str, after: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["diff", before, after], arguments].concat())
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
            let shown = json(show(HOARDER, &["--by", by, "--sort", sort]));
            let rows = shown["sites"].as_array().unwrap().iter();
            let sum: u64 = rows.map(|row| row[column].as_u64().unwrap()).sum();
            assert_eq!(shown["totals"][column], sum, "{by}");
        }
    }
}

#[test]
fn a_graph_shows_hostile_names_as_text() {
    let hostile = ": <script>alert(\\\"x\\\")</script>&' (";
    let folder = TempDir::new().unwrap();
    let [profile, graph, nowhere] = ["edited.json", "graph.svg", "no/graph.svg"]
        .map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    let text = std::fs::read_to_string(LIST).unwrap();
    assert!(text.contains(": keep ("), "{text}");
    std::fs::write(&profile, text.replace(": keep (", hostile)).unwrap();
    let flame = ["--flame", &graph];
    for run in [show(&profile, &flame), diff(LIST, &profile, &flame)] {
        run.run().code(0);
        let svg = std::fs::read_to_string(&graph).unwrap();
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("&lt;script&gt;"), "{svg}");
        assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    }
    let refused = show(&profile, &["--flame", &nowhere]).run().code(2);
    refused.says(&[&nowhere, "--flame"]);
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
    let text = show(file, &[]).run().code(0).stdout();
    contains(&text, &[&format!("src/lessons/{id}.rs:")]);
    fits_a_pipe(text.lines());
}
