//! What `leaklab measure` writes: what fails a job, and whose text cannot break it.

use crate::browser::{Browser, without_violations};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use report::measured::{Accepted, Measured, junit, markdown, text};
use report::page;
use serde_json::{Value, json};
use std::fs;

fn request(name: &str, verdict: &str, slope: f64) -> Value {
    let live: Vec<f64> =
        (0..8).map(|n| 1e6 + f64::from(n) * 250.0 * slope).collect();
    let live: Vec<_> = live.into_iter().map(|bytes| bytes as u64).collect();
    let site = json!({
        "fingerprint": "2fa74e498b5e12b8", "share": 1.0, "bytes_per_request": slope,
        "in_app_frame": "src/pay.rs:2", "expected_site": null,
        "frames": ["shop::pay::{{closure}} (src/pay.rs:2)"],
    });
    json!({
        "name": name, "verdict": verdict, "slope_bytes_per_request": slope,
        "reason": (verdict == "INCONCLUSIVE").then_some("noise would hide a leak"),
        "ci95": [slope - 1.0, slope + 1.0], "detection_limit_bytes_per_request": 8.0,
        "requests_per_round": 250, "live_bytes": live, "responses": 2000, "errors": 0,
        "first_error": null, "metrics": [], "limits": [],
        "sites": if slope > 9.0 { json!([site]) } else { json!([]) },
    })
}

fn measured(requests: Value) -> Measured {
    let all = json!({ "schema": 1, "instrument": "heap", "requests": requests });
    serde_json::from_value(all).unwrap()
}

fn shop() -> Measured {
    measured(json!([
        request("pay", "LEAKS", 128.0),
        request("cart", "LEAKS", 40.0),
        request("order", "FLAT", 0.4),
        request("find", "INCONCLUSIVE", 7.0),
    ]))
}

fn accepted(entries: &[(&str, &str, &str)]) -> Accepted {
    let entry = |(name, expires, rest): &(&str, &str, &str)| {
        format!(
            "[[request]]\nname = '{name}'\nreason = 'a cache'\nowner = 'us'\n\
             expires = {expires}\n{rest}\n"
        )
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), entries.iter().map(entry).collect::<String>()).unwrap();
    Accepted::read(file.path()).unwrap()
}

/// The failures after a judgement.
fn failures(
    mut measured: Measured,
    before: Option<&Measured>,
    accepted: &Accepted,
) -> Vec<String> {
    measured.judge(before.map(|before| ("before.json", before)), accepted);
    let failures: Vec<_> =
        measured.requests.iter().filter_map(|r| r.failure.clone()).collect();
    assert_eq!(measured.passed, failures.is_empty());
    failures
}

#[test]
fn growth_fails_unless_somebody_answers_for_it() {
    let none = Accepted::default();
    let both = ["grows: +128 B with each request", "grows: +40 B with each request"];
    assert_eq!(failures(shop(), None, &none), both);
    let day = "9999-12-31";
    let all = accepted(&[("pay", day, ""), ("cart", day, "up_to_bytes = 40")]);
    assert_eq!(failures(shop(), None, &all), [""; 0]);
    let some =
        accepted(&[("pay", "2020-01-31", ""), ("cart", day, "up_to_bytes = 9")]);
    let said = failures(shop(), None, &some);
    assert!(
        said[0].ends_with("accepted until 2020-01-31 only (owner: us)"),
        "{said:?}"
    );
    assert!(said[1].ends_with("only +9.0 B are accepted (owner: us)"), "{said:?}");
    assert_eq!(all.unused_requests(&["pay"], &shop().requests).len(), 1);
    let idle = accepted(&[("order", day, "")])
        .unused_requests(&["order"], &shop().requests);
    assert!(
        idle[0].ends_with(":1: order does not grow; remove the entry"),
        "{idle:?}"
    );
}

#[test]
fn a_baseline_fails_what_is_new_or_has_grown() {
    let none = Accepted::default();
    assert_eq!(failures(shop(), Some(&shop()), &none), [""; 0]);
    let before = measured(json!([
        request("pay", "LEAKS", 60.0),
        request("cart", "FLAT", 0.0),
        request("order", "LEAKS", 90.0),
    ]));
    let said = failures(shop(), Some(&before), &none);
    let expected = [
        "grows by more than before: +128 B with each request, +60 B before",
        "grows, and did not: +40 B with each request, +0.0 B before",
    ];
    assert_eq!(said, expected);
    // What is accepted may be new, and may not grow.
    let all = accepted(&[("pay", "9999-12-31", ""), ("cart", "9999-12-31", "")]);
    assert_eq!(failures(shop(), Some(&before), &all), expected[..1]);
}

#[test]
fn the_answer_is_in_every_form() {
    let mut shop = shop();
    shop.judge(None, &accepted(&[("cart", "9999-12-31", "")]));
    let answer = "2 of 4 requests grow; 1 accepted; 1 inconclusive.";
    assert_eq!(shop.sentence(), answer);
    let page = page::measured(&shop, None, None);
    for shown in [text(&shop), markdown(&shop), page] {
        let parts = [answer, "LEAKS", "noise would hide", "src/pay.rs:2", "a cache"];
        let missing: Vec<_> =
            parts.iter().filter(|part| !shown.contains(*part)).collect();
        assert!(missing.is_empty(), "no {missing:?} in {shown}");
    }
    for line in anstream::adapter::strip_str(&text(&shop)).to_string().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let xml = junit(&shop).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    let kind = |status: &TestCaseStatus| match status {
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => {
            "failure"
        }
        TestCaseStatus::Skipped { .. } => "skipped",
        _ => "passed",
    };
    let kinds: Vec<_> = report.test_suites[0]
        .test_cases
        .iter()
        .map(|case| kind(&case.status))
        .collect();
    assert_eq!(kinds, ["failure", "passed", "passed", "skipped"]);
}

#[test]
fn the_page_can_be_read_and_holds_no_text_for_markup() {
    let hostile = "<script>alert('1')</script> ``` \" # x";
    let mut shop = shop();
    shop.requests[0].name = hostile.to_owned();
    shop.requests[3].reason = Some(hostile.to_owned());
    shop.judge(None, &Accepted::default());
    assert!(junit(&shop).unwrap().contains("&lt;script"));
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("pay.rs");
    fs::write(source, "fn pay() {\n    KEPT.push(1);\n}\n").unwrap();
    let sources = page::Sources::new(folder.path()).unwrap();
    let text = page::measured(&shop, Some(&self::shop()), Some(&sources));
    assert!(!text.contains("<script>alert"), "{text}");
    assert!(text.contains("KEPT.push(1);"), "{text}");
    let path = folder.path().join("report.html");
    fs::write(&path, text).unwrap();
    let Some(browser) = Browser::start() else { return };
    browser.open(&path, "");
    for width in [390, 1024, 1920] {
        browser.resize(width, 900);
        assert_eq!(browser.ask("tooWide()"), json!([]), "at {width} pixels");
    }
    assert_eq!(browser.ask("silent()"), json!([]));
    assert_eq!(browser.ask("repeatedIds()"), json!([]));
    browser.close();
    without_violations(&[path.to_str().unwrap()]);
}
