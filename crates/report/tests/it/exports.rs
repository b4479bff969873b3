//! What a run writes for a CI job and its pull request, read as others read it.

use crate::made::{LESSON, comparison, read, taint};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus};
use report::comparison::Comparison;
use report::{junit, markdown};
use serde_json::json;

/// Markup of every kind that the two formats know, and what no XML may have.
const HOSTILE: &str = "<script>alert('1')</script> & ]]> | ` ``` \"x\" @all #1 \
                       \u{0}\u{1b}[31m\n\n# x </details>";

/// A run in which every text is hostile, and everything has failed.
fn hostile() -> Comparison {
    let mut run = comparison();
    taint(&mut run, HOSTILE);
    run["lessons"].as_array_mut().unwrap().truncate(1);
    let site = json!({
        "lesson": HOSTILE, "twin": HOSTILE, "fingerprint": HOSTILE, "state": "NEW",
        "bytes_per_request": 5.0, "baseline_bytes_per_request": null,
        "allowed_bytes_per_request": null, "share": 1.0, "in_app_frame": null,
        "frames": [HOSTILE], "reason": HOSTILE,
    });
    run["baseline"] = json!({
        "file": HOSTILE, "passed": false, "notes": [HOSTILE], "sites": [site],
    });
    let lesson = &mut run["lessons"][0];
    lesson["as_expected"] = false.into();
    lesson["mismatches"] = json!([HOSTILE, format!("leaky is {HOSTILE}")]);
    lesson["id"] = HOSTILE.into();
    read(run)
}

fn cases(comparison: &Comparison) -> Vec<TestCase> {
    let xml = junit::document(comparison).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    let suites = report.test_suites.into_iter();
    suites.flat_map(|suite| suite.test_cases).collect()
}

/// The failures as a reader sees them: name and message.
fn failures(comparison: &Comparison) -> Vec<(String, String)> {
    let failure = |case: TestCase| match case.status {
        TestCaseStatus::NonSuccess {
            kind: NonSuccessKind::Failure,
            message: Some(message),
            ..
        } => Some((case.name.as_str().to_owned(), message.as_str().to_owned())),
        _ => None,
    };
    cases(comparison).into_iter().filter_map(failure).collect()
}

#[test]
fn junit_has_a_case_for_each_verdict_and_fails_none_when_all_is_as_expected() {
    let run = read(comparison());
    assert_eq!(failures(&run), []);
    let cases = cases(&run);
    assert_eq!(cases.len(), 9);
    assert_eq!(cases[0].name.as_str(), "leaky");
    assert_eq!(cases[0].classname.as_ref().unwrap().as_str(), LESSON);
    let out = cases[0].system_out.as_ref().unwrap().as_str();
    assert!(out.starts_with("LEAKS: +"), "{out}");
}

#[test]
fn junit_blames_the_twin_that_a_mismatch_names() {
    let mut run = comparison();
    let lesson = &mut run["lessons"][0];
    lesson["mismatches"] = json!(["leaky is FLAT", "the twins' responses differ"]);
    let expected = [
        ("leaky".to_owned(), "leaky is FLAT".to_owned()),
        ("twins together".to_owned(), "the twins' responses differ".to_owned()),
    ];
    assert_eq!(failures(&read(run)), expected);
}

#[test]
fn junit_survives_hostile_text() {
    let failures = failures(&hostile());
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(failures[0].1.contains("<script>alert('1')</script> & ]]>"));
}

/// What is not in a fence, as GitHub reads the Markdown.
fn outside(text: &str) -> Vec<Event<'_>> {
    let mut fenced = false;
    let mut events: Vec<_> = Parser::new_ext(text, Options::ENABLE_TABLES).collect();
    events.retain(|event| {
        match event {
            Event::Start(Tag::CodeBlock(_)) => fenced = true,
            Event::End(TagEnd::CodeBlock) => fenced = false,
            _ => return !fenced,
        }
        false
    });
    events
}

#[test]
fn the_summary_says_the_answer_first_and_what_a_terminal_shows() {
    let text = markdown::summary(&read(comparison()));
    let first = text.lines().next().unwrap();
    let answer = "**Every verdict is as expected, in 3 of 3 lessons and controls.**";
    assert_eq!(first, answer);
    for shown in ["\nLESSON  ", "disconnects", "LEAKS", "B: bytes of live heap that"]
    {
        assert!(text.contains(shown), "no {shown} in {text}");
    }
}

#[test]
fn the_summary_keeps_hostile_text_within_its_fences() {
    let text = markdown::summary(&hostile());
    assert!(text.contains("<script>alert('1')</script> & ]]> |"), "{text}");
    let ours = ["<details>", "<summary>", "</summary>", "</details>"];
    let (mut headings, mut html) = (0, String::new());
    for event in outside(&text) {
        match event {
            Event::Html(part) | Event::InlineHtml(part) => html += &part,
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Text(text) => assert!(!text.contains(['@', '#', '<']), "{text}"),
            _ => {}
        }
    }
    assert_eq!(headings, 1, "a heading of somebody else's: {text}");
    let count = |tag: &str| html.matches(tag).count();
    assert_eq!(count("<details>"), count("</details>"));
    let rest = ours.iter().fold(html.clone(), |rest, tag| rest.replace(tag, ""));
    assert!(!rest.contains(['<', '>']), "{html}");
}
