//! What `claims` prints of a real comparison.

use crate::fixture::{CONTROL, Leaklab, fits_a_pipe};

#[test]
fn a_comparison_of_one_control_settles_its_claims_and_names_what_others_need() {
    let run = Leaklab::compare(&[CONTROL, "--rounds", "4"]).run().code(0);
    let file = run.out("comparison.json");
    let claims = |format: &str| {
        let file = file.to_str().unwrap();
        let arguments = ["claims", "--from", file, "--format", format];
        Leaklab::new(&arguments).run().code(1).leaves_nothing()
    };
    let report = claims("json").json();
    let first = |id: &str| {
        let all = report["claims"].as_array().unwrap();
        all.iter().find(|claim| claim["id"] == id).unwrap()["findings"][0].clone()
    };
    let clones = first("C02");
    assert_eq!(clones["verdict"], "NO EFFECT");
    assert_eq!(clones["measured"][0]["lesson"], CONTROL);
    let figure = clones["measured"][0]["figure"].as_str().unwrap();
    assert!(figure.starts_with("flat within "), "{figure}");
    let large = first("C06");
    assert_eq!(large["verdict"], "NOT SETTLED");
    assert!(large["reason"].as_str().unwrap().contains("l01_"));

    let text = claims("text").stdout();
    for claim in &lessons::CLAIMS.claims {
        assert!(text.lines().any(|line| line.starts_with(&claim.id)), "{text}");
    }
    fits_a_pipe(text.lines());
    let chapter = claims("markdown").stdout();
    assert!(chapter.contains(&format!("(lessons/{CONTROL}.md)")), "{chapter}");
    assert!(!chapter.contains("(lessons/l01_"), "{chapter}");
}
