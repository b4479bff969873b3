//! What the driver says about claims, from a real comparison.

use crate::fixture::Leaklab;
use std::path::PathBuf;
use tempfile::TempDir;

/// The ledger of a file.
fn claims(file: &str, arguments: &[&str]) -> Leaklab {
    Leaklab::new(&[&["claims", "--from", file], arguments].concat())
}

/// A folder with a file of this content.
fn written(content: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("comparison.json");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn a_comparison_of_one_control_settles_its_claims_and_names_what_others_need() {
    let run = Leaklab::compare(&["c01", "--rounds", "4"]).run().code(0);
    let file = run.out().join("comparison.json");
    let file = file.to_str().unwrap();

    let done = claims(file, &["--format", "json"]).run().code(1).leaves_nothing();
    let ledger = done.json();
    let findings = |id: &str| {
        let all = ledger["claims"].as_array().unwrap();
        all.iter().find(|claim| claim["id"] == id).unwrap()["findings"].clone()
    };
    let clones = &findings("C02")[0];
    assert_eq!(clones["verdict"], "NO EFFECT");
    assert_eq!(clones["measured"][0]["lesson"], "c01_client_clones");
    let figure = clones["measured"][0]["figure"].as_str().unwrap();
    assert!(figure.starts_with("flat within "), "{figure}");
    let large = &findings("C06")[0];
    assert_eq!(large["verdict"], "NOT SETTLED");
    assert!(large["reason"].as_str().unwrap().contains("l01_order_export"));

    let text = claims(file, &[]).run().code(1).stdout();
    for claim in model::CLAIMS {
        assert!(text.lines().any(|line| line.starts_with(claim.id)), "{text}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 80 && line.trim_end() == line, "{line:?}");
    }
    let chapter = claims(file, &["--format", "markdown"]).run().code(1).stdout();
    assert!(chapter.contains("(lessons/c01_client_clones.md)"), "{chapter}");
    assert!(!chapter.contains("(lessons/l01_order_export.md)"), "{chapter}");
}

#[test]
fn without_a_comparison_the_way_to_one_is_told() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("none.json");
    let file = file.to_str().unwrap();
    claims(file, &[]).run().code(2).says(&[file, "./scripts/compare.sh"]);
}

#[test]
fn what_is_no_comparison_is_wrong_usage() {
    for content in ["", "orders", "{}", r#"{"schema": 1}"#] {
        let (_folder, path) = written(content);
        let file = path.to_str().unwrap();
        claims(file, &[]).run().code(2).says(&[file, "no comparison", "--from"]);
    }
}

#[test]
fn a_newer_comparison_is_wrong_usage() {
    let (_folder, path) =
        written(r#"{"schema": 1000, "lessons": "of another form"}"#);
    let file = path.to_str().unwrap();
    claims(file, &[]).run().code(2).says(&[
        file,
        "schema 1000",
        "leaklab that wrote",
    ]);
}
