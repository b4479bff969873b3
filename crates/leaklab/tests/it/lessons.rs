//! Every lesson and control, measured with its failed fixes: verdicts, sites, responses.
//!
//! A leak that is repaired by accident fails here, as does one in `fixed`.

use crate::fixture::Leaklab;
use lessons::{Kind, Lesson};
use serde_json::Value;

macro_rules! one_test_for_each {
    ($($id:ident,)*) => {
        $(
            #[test]
            fn $id() {
                is_as_expected(lessons::lesson(stringify!($id)).unwrap());
            }
        )*
    };
}

syllabus::for_each!(one_test_for_each);

fn is_as_expected(lesson: &Lesson) {
    let arguments = [lesson.id, "--failed-fix", "all", "--format", "json"];
    let arguments = match lesson.failed_fixes {
        [] => &[lesson.id, "--format", "json"],
        _ => &arguments[..],
    };
    let done = Leaklab::compare(arguments).run().code(0).leaves_nothing();
    let result = &done.json()["lessons"][0];
    assert_eq!(result["id"], lesson.id);
    assert_eq!(result["mismatches"], serde_json::json!([]));
    if !lesson.outage && !lesson.may_refuse {
        assert_eq!(result["same_answers"], true);
    }
    let twins = &result["twins"];
    assert_eq!(twins["leaky"]["verdict"], lesson.expected_leak().as_str());
    assert_eq!(twins["fixed"]["verdict"], lesson.expected_fixed().as_str());
    for fix in lesson.failed_fixes {
        let expected = match fix.bounded_here {
            true => lesson.expected_fixed(),
            false => lesson.expected_leak(),
        };
        let found = &result["failed_fixes"][fix.name]["verdict"];
        assert_eq!(found, expected.as_str(), "{}", fix.name);
    }
    if lesson.expected_leak().is_growth() {
        has_its_sites_and_metrics(lesson, &twins["leaky"]);
    }
    for twin in ["leaky", "fixed"] {
        if lesson.kind == Kind::Control {
            sees_small_leaks(&twins[twin]);
        }
        let profile = done.out(twins[twin]["profile"].as_str().unwrap());
        profile::Profile::parse(&std::fs::read(profile).unwrap()).unwrap();
    }
}

/// The largest site is in the lesson's file or an expected one, and little of the
/// growth is elsewhere.
fn has_its_sites_and_metrics(lesson: &Lesson, leaky: &Value) {
    let top = &leaky["sites"][0];
    let frame = top["in_app_frame"].as_str().unwrap_or_default();
    let in_file = frame.starts_with(&format!("src/lessons/{}.rs:", lesson.id));
    assert!(in_file || top["expected_site"].is_string(), "{top:#}");
    let unattributed = leaky["unattributed_share"].as_f64().unwrap();
    assert!(unattributed <= 0.1, "{unattributed} of the growth has no site");
    // Sockets and files are counted on Linux only.
    if cfg!(target_os = "linux") {
        let metrics = leaky["metrics"].as_array().unwrap();
        assert_eq!(metrics.len(), lesson.metrics.len());
    }
}

fn sees_small_leaks(control: &Value) {
    if control["peak_exponent"].is_null() {
        let limit = control["detection_limit_bytes_per_request"].as_f64().unwrap();
        assert!(limit <= 32.0, "{limit} B per request would have gone unseen");
    }
}

#[test]
fn a_leak_of_a_known_size_is_measured_as_that_size() {
    let arguments = ["c01", "--leak-bytes", "64", "--format", "json"];
    let done = Leaklab::compare(&arguments).run().code(0).leaves_nothing();
    let planted = &done.json()["lessons"][0]["failed_fixes"]["planted-leak"];
    assert_eq!(planted["verdict"], "LEAKS", "{planted:#}");
    let slope = planted["slope_bytes_per_request"].as_f64().unwrap();
    let limit = planted["detection_limit_bytes_per_request"].as_f64().unwrap();
    assert!((slope - 64.0).abs() <= limit, "{slope} B, expected 64");
    let top = planted["sites"][0]["in_app_frame"].as_str().unwrap();
    assert!(top.starts_with("src/lessons/c01_planted_leak.rs:"), "{top}");
}

#[test]
fn the_same_seed_gives_the_same_responses_and_another_one_others() {
    let digest = |seed: &str| {
        let few = ["l11", "--twin", "fixed", "--rounds", "4", "--requests", "20"];
        let seed = ["--seed", seed, "--format", "json"];
        let done = Leaklab::compare(&[&few[..], &seed].concat()).run();
        done.json()["lessons"][0]["answers_sha256"].clone()
    };
    let first = digest("7");
    assert_eq!(first, digest("7"));
    assert_ne!(first, digest("8"));
}
