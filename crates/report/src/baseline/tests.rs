//! Every state, and what must not be taken for one.

use crate::baseline::{Accepted, Baseline, Gate, State};
use crate::comparison::{Comparison, SCHEMA};
use serde_json::{Value, json};

const FIELDS: &str = include_str!("tests.json");

/// A comparison of `leaky` alone with this verdict, slope and sites of so many bytes.
fn run(verdict: &str, slope: f64, sites: &[(&str, f64)]) -> Value {
    let mut comparison: Value = serde_json::from_str(FIELDS).unwrap();
    assert_eq!(comparison["schema"], SCHEMA);
    let all: f64 = sites.iter().map(|(_, bytes)| bytes.max(0.0)).sum();
    let site = |(fingerprint, bytes): &(&str, f64)| {
        json!({
            "fingerprint": fingerprint, "share": bytes / all,
            "bytes_per_request": bytes, "expected_site": null,
            "in_app_frame": "src/lessons/l11_session_cache.rs:1", "frames": ["f"],
        })
    };
    let twin = &mut comparison["lessons"][0]["twins"]["leaky"];
    twin["verdict"] = verdict.into();
    twin["slope_bytes_per_request"] = slope.into();
    twin["sites"] = sites.iter().map(site).collect();
    comparison
}

fn leaks(sites: &[(&str, f64)]) -> Value {
    run("LEAKS", sites.iter().map(|(_, bytes)| bytes).sum(), sites)
}

/// A peak of so many bytes more for the second size.
fn peaks(exact: u64, sites: &[(&str, f64)]) -> Value {
    let mut run = run("GROWS", 0.0, sites);
    run["lessons"][0]["twins"]["leaky"]["peaks"] = json!([
        {"size": 1, "peak_bytes": 1000}, {"size": 2, "peak_bytes": 1000 + exact}
    ]);
    run
}

fn read(comparison: &Value) -> Comparison {
    serde_json::from_value(comparison.clone()).unwrap()
}

#[track_caller]
fn gate(older: &Value, newer: &Value) -> Gate {
    let accepted = Accepted::default();
    let baseline = Baseline::new("old".to_owned(), read(older), accepted).unwrap();
    baseline.judge(&read(newer)).unwrap()
}

/// The states by fingerprint.
#[track_caller]
fn states(older: &Value, newer: &Value) -> Vec<(String, State)> {
    let gate = gate(older, newer);
    let failing = gate.sites.iter().any(|site| site.state.fails());
    assert_eq!(gate.passed, !failing);
    gate.sites.into_iter().map(|site| (site.fingerprint, site.state)).collect()
}

#[track_caller]
fn check(older: &Value, newer: &Value, expected: &[(&str, State)]) {
    let expected = expected.iter().map(|(name, state)| ((*name).to_owned(), *state));
    assert_eq!(states(older, newer), expected.collect::<Vec<_>>());
}

#[test]
fn each_site_is_known_grown_new_or_fixed() {
    let older = leaks(&[("a", 1000.0), ("b", 500.0)]);
    check(&older, &older, &[("a", State::Known), ("b", State::Known)]);
    let newer = leaks(&[("c", 3000.0), ("a", 2000.0)]);
    check(
        &older,
        &newer,
        &[("c", State::New), ("a", State::Grown), ("b", State::Fixed)],
    );
}

#[test]
fn a_leak_in_a_twin_that_did_not_leak_is_new_even_where_noise_was() {
    let older = run("BOUNDED", 0.0, &[("a", 3.0)]);
    check(&older, &leaks(&[("a", 100.0)]), &[("a", State::New)]);
    check(&leaks(&[("a", 100.0)]), &older, &[("a", State::Fixed)]);
}

#[test]
fn within_tolerance_and_limits_a_site_is_the_same() {
    // The limit of either run is 10 B.
    let older = leaks(&[("a", 1000.0)]);
    check(&older, &leaks(&[("a", 1265.0)]), &[("a", State::Known)]);
    check(&older, &leaks(&[("a", 1275.0)]), &[("a", State::Grown)]);
    let small = leaks(&[("a", 20.0)]);
    check(&small, &leaks(&[("a", 40.0)]), &[("a", State::Known)]);
}

#[test]
fn what_is_small_or_came_by_chance_does_not_count() {
    let older = leaks(&[("a", 1000.0)]);
    let tenth = leaks(&[("a", 1000.0), ("b", 90.0)]);
    check(&older, &tenth, &[("a", State::Known)]);
    // The windows saw 2,000 B and the rounds 1,200: 900 of `b` are enough to be chance.
    let chance = run("LEAKS", 1200.0, &[("a", 1200.0), ("b", 800.0)]);
    check(&older, &chance, &[("a", State::Known)]);
}

#[test]
fn sites_that_trade_bytes_have_not_grown_and_a_note_says_so() {
    let older = peaks(1000, &[("a", 800.0), ("b", 200.0)]);
    let newer = peaks(1050, &[("c", 700.0), ("b", 350.0)]);
    check(&older, &newer, &[("b", State::Known), ("a", State::Fixed)]);
    let notes = gate(&older, &newer).notes;
    assert!(notes[0].contains("does not keep more"), "{notes:?}");
    let larger = peaks(2000, &[("a", 1800.0), ("b", 200.0)]);
    check(&older, &larger, &[("a", State::Grown), ("b", State::Known)]);
}

#[test]
fn what_is_fixed_does_not_hide_what_is_new() {
    let older = leaks(&[("a", 1000.0), ("b", 300.0)]);
    let newer = leaks(&[("c", 800.0), ("b", 300.0)]);
    check(
        &older,
        &newer,
        &[("c", State::New), ("b", State::Known), ("a", State::Fixed)],
    );
    let smaller = leaks(&[("c", 700.0), ("b", 300.0), ("a", 200.0)]);
    let found = states(&older, &smaller);
    assert_eq!(found[0], ("c".to_owned(), State::New));
}

#[test]
fn lines_with_one_fingerprint_are_one_site() {
    let older = leaks(&[("a", 600.0), ("a", 400.0)]);
    check(&older, &leaks(&[("a", 1000.0)]), &[("a", State::Known)]);
    assert_eq!(gate(&older, &older).sites[0].bytes_per_request, Some(1000.0));
}

#[test]
fn who_cannot_tell_calls_nothing_fixed() {
    let older = leaks(&[("a", 1000.0)]);
    let unsure = run("INCONCLUSIVE", 500.0, &[("a", 1000.0)]);
    check(&older, &unsure, &[]);
    assert!(gate(&older, &unsure).notes[0].contains("not judged"));
    check(&unsure, &older, &[("a", State::New)]);
    assert!(gate(&unsure, &older).notes[0].contains("was INCONCLUSIVE"));
}

#[test]
fn what_only_one_side_measured_is_said() {
    let older = leaks(&[("a", 1000.0)]);
    let mut other = older.clone();
    other["lessons"][0]["id"] = "l12_idempotency_keys".into();
    check(&older, &other, &[("a", State::New)]);
    let notes = gate(&older, &other).notes.join(" ");
    assert!(notes.contains("not judged: l11_session_cache leaky"), "{notes}");
    assert!(notes.contains("is new: l12_idempotency_keys leaky"), "{notes}");
}

#[test]
fn sites_without_names_are_refused_on_either_side() {
    let (named, nameless) = (leaks(&[("a", 1000.0)]), leaks(&[("", 1000.0)]));
    let make = |older: &Value| {
        Baseline::new("old".to_owned(), read(older), Accepted::default())
    };
    let said = make(&nameless).unwrap_err().to_string();
    assert!(said.contains("measure again"), "{said}");
    let said = make(&named).unwrap().judge(&read(&nameless)).unwrap_err();
    assert!(said.to_string().contains("measure again"), "{said}");
}
