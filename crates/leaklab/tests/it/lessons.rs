//! Every lesson and control, measured: verdicts, sites and answers.
//!
//! A leak that is repaired by accident fails here, as does one that slips into `fixed`.

use crate::fixture::{Done, Leaklab};
use serde_json::Value;

/// Runs one lesson on both twins; its result.
#[track_caller]
fn measured(id: &str) -> (Done, Value) {
    let done =
        Leaklab::compare(&[id, "--format", "json"]).run().code(0).leaves_nothing();
    let comparison = done.json();
    let lesson = comparison["lessons"][0].clone();
    assert_eq!(lesson["id"], id);
    assert_eq!(lesson["as_expected"], true, "{lesson:#}");
    assert_eq!(lesson["same_answers"], true, "{lesson:#}");
    assert_eq!(
        lesson["twins"]["leaky"]["answers_sha256"],
        lesson["twins"]["fixed"]["answers_sha256"]
    );
    (done, lesson)
}

#[track_caller]
fn lesson(id: &str, leaky: &str) {
    let (done, lesson) = measured(id);
    let twins = &lesson["twins"];
    assert_eq!(twins["leaky"]["verdict"], leaky);
    assert_eq!(twins["fixed"]["verdict"], "BOUNDED");
    let unnamed = 1.0 - named_share(id, &twins["leaky"]["sites"]);
    assert!(unnamed <= 0.1, "{unnamed} of the growth has no name");
    for twin in ["leaky", "fixed"] {
        let profile = done.out().join(twins[twin]["profile"].as_str().unwrap());
        let profile = std::fs::read(profile).unwrap();
        heap::profile::Profile::parse(&profile).unwrap();
    }
}

/// The part of the growth whose call stacks run through the lesson's file, or through a
/// function that the registry names as a culprit.
fn named_share(id: &str, sites: &Value) -> f64 {
    let file = format!("src/lessons/{id}.rs:");
    let culprits = model::lesson(id).unwrap().culprits;
    let named = |site: &&Value| {
        let frames = site["frames"].as_array().unwrap().iter();
        let mut frames = frames.map(|frame| frame.as_str().unwrap());
        let own = site["lesson_frame"].as_str();
        own.is_some_and(|frame| frame.starts_with(&file))
            || frames.any(|f| culprits.iter().any(|culprit| f.starts_with(culprit)))
    };
    let sites = sites.as_array().unwrap();
    assert!(named(&&sites[0]), "{:#}", sites[0]);
    sites.iter().filter(named).map(|site| site["share"].as_f64().unwrap()).sum()
}

#[track_caller]
fn control(id: &str) {
    let (_, lesson) = measured(id);
    for twin in ["leaky", "fixed"] {
        let result = &lesson["twins"][twin];
        assert_eq!(result["verdict"], "FLAT", "{twin}");
        let limit = result["detection_limit_bytes_per_request"].as_f64().unwrap();
        assert!(limit <= 32.0, "{twin}: {limit} B a request would have gone unseen");
    }
}

#[test]
fn l01_order_export_grows_with_the_table_in_leaky_alone() {
    lesson("l01_order_export", "GROWS");
}

#[test]
fn l02_tenant_clients_leak_in_leaky_alone() {
    lesson("l02_tenant_clients", "LEAKS");
}

#[test]
fn l04_background_jobs_leak_in_leaky_alone() {
    lesson("l04_background_jobs", "LEAKS");
}

#[test]
fn l09_call_budget_leaks_in_leaky_alone() {
    lesson("l09_call_budget", "LEAKS");
}

#[test]
fn l10_retry_partition_leaks_in_leaky_alone() {
    lesson("l10_retry_partition", "LEAKS");
}

#[test]
fn l11_session_cache_leaks_in_leaky_alone() {
    lesson("l11_session_cache", "LEAKS");
}

#[test]
fn l12_idempotency_keys_leak_in_leaky_alone() {
    lesson("l12_idempotency_keys", "LEAKS");
}

#[test]
fn l13_request_metrics_leak_in_leaky_alone() {
    lesson("l13_request_metrics", "LEAKS");
}

#[test]
fn l14_request_context_leaks_in_leaky_alone() {
    lesson("l14_request_context", "LEAKS");
}

#[test]
fn l15_interned_names_leak_in_leaky_alone() {
    lesson("l15_interned_names", "LEAKS");
}

#[test]
fn c01_client_clones_are_flat_in_both() {
    control("c01_client_clones");
}

#[test]
fn c02_first_page_is_flat_in_both() {
    control("c02_first_page");
}

#[test]
fn c03_dropped_upload_is_flat_in_both() {
    control("c03_dropped_upload");
}

#[test]
fn c05_compression_is_flat_in_both() {
    control("c05_compression");
}

#[test]
fn c06_client_churn_is_flat_in_both() {
    control("c06_client_churn");
}

#[test]
fn the_same_seed_gives_the_same_answers_and_another_one_others() {
    let answers = |seed: &str| {
        let arguments = [
            "l11",
            "--twin",
            "fixed",
            "--rounds",
            "4",
            "--requests",
            "20",
            "--seed",
            seed,
        ];
        let done =
            Leaklab::compare(&[&arguments[..], &["--format", "json"]].concat())
                .run();
        done.json()["lessons"][0]["answers_sha256"].clone()
    };
    let first = answers("7");
    assert_eq!(first, answers("7"));
    assert_ne!(first, answers("8"));
}
