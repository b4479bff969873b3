//! Every lesson and control, measured: verdicts, sites and answers.
//!
//! A leak that is repaired by accident fails here, as does one that slips into `fixed`.

use crate::fixture::{Done, Leaklab};
use serde_json::Value;

/// Runs one lesson on both twins; its result.
#[track_caller]
fn measured(id: &str, more: &[&str]) -> (Done, Value) {
    let arguments = [&[id, "--format", "json"], more].concat();
    let done = Leaklab::compare(&arguments).run().code(0).leaves_nothing();
    let comparison = done.json();
    let lesson = comparison["lessons"][0].clone();
    assert_eq!(lesson["id"], id);
    assert_eq!(lesson["as_expected"], true, "{lesson:#}");
    let registered = model::lesson(id).unwrap();
    if !registered.outage && !registered.may_refuse {
        assert_eq!(lesson["same_answers"], true, "{lesson:#}");
    }
    (done, lesson)
}

/// A lesson that grows in `leaky` alone, where it is expected to, and with the numbers
/// beside the heap that belong to it.
#[track_caller]
fn lesson(id: &str, leaky: &str) {
    let (done, lesson) = measured(id, &[]);
    let twins = &lesson["twins"];
    assert_eq!(twins["leaky"]["verdict"], leaky);
    assert_eq!(twins["fixed"]["verdict"], "BOUNDED");
    let top = &twins["leaky"]["sites"][0];
    let own = top["in_app_frame"].as_str().unwrap_or_default();
    let in_file = own.starts_with(&format!("src/lessons/{id}.rs:"));
    assert!(in_file || top["expected_site"].is_string(), "{top:#}");
    let unattributed = twins["leaky"]["unattributed_share"].as_f64().unwrap();
    assert!(unattributed <= 0.1, "{unattributed} of the growth has no name");
    let signs = twins["leaky"]["metrics"].as_array().unwrap();
    // Sockets and files are counted on Linux alone.
    if cfg!(target_os = "linux") {
        assert_eq!(signs.len(), model::lesson(id).unwrap().metrics.len());
    }
    for twin in ["leaky", "fixed"] {
        let profile = done.out().join(twins[twin]["profile"].as_str().unwrap());
        let profile = std::fs::read(profile).unwrap();
        profile::Profile::parse(&profile).unwrap();
    }
}

/// A fix that does not hold: its own verdict, beside those of the twins.
#[track_caller]
fn variant(id: &str, name: &str, verdict: &str) {
    let (_, lesson) = measured(id, &["--variant", name]);
    assert_eq!(lesson["failed_fixes"][name]["verdict"], verdict, "{lesson:#}");
}

#[track_caller]
fn control(id: &str) {
    let (_, lesson) = measured(id, &[]);
    for twin in ["leaky", "fixed"] {
        let result = &lesson["twins"][twin];
        assert_eq!(result["verdict"], "FLAT", "{twin}");
        if result["peak_exponent"].is_number() {
            continue;
        }
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
fn l03_write_behind_leaks_in_leaky_alone() {
    lesson("l03_write_behind", "LEAKS");
}

#[test]
fn l04_background_jobs_leak_in_leaky_alone() {
    lesson("l04_background_jobs", "LEAKS");
}

#[test]
fn l05_bulk_import_grows_with_the_upload_in_leaky_alone() {
    lesson("l05_bulk_import", "GROWS");
}

#[test]
fn l06_admission_grows_with_the_load_in_leaky_alone() {
    lesson("l06_admission", "GROWS");
}

#[test]
fn l07_deadline_leaks_in_leaky_alone() {
    lesson("l07_deadline", "LEAKS");
}

#[test]
fn l08_live_feed_leaks_in_leaky_alone() {
    lesson("l08_live_feed", "LEAKS");
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
fn little_of_a_leak_is_left_when_the_service_has_ended() {
    let (_, lesson) = measured("l11_session_cache", &[]);
    let leaky = &lesson["twins"]["leaky"];
    let bytes = |name: &str| leaky[name].as_u64().unwrap();
    let live = leaky["live_bytes"].as_array().unwrap();
    let grown = live[live.len() - 1].as_u64().unwrap() - live[0].as_u64().unwrap();
    let (before, after) =
        (bytes("live_bytes_before_exit"), bytes("live_bytes_at_exit"));
    assert!(before - after > grown, "{before} B, {after} B after an orderly end");
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
fn l16_burst_leaks_in_neither_and_stays_large_in_leaky() {
    let (_, lesson) = measured("l16_burst", &[]);
    for twin in ["leaky", "fixed"] {
        assert_eq!(lesson["twins"][twin]["verdict"], "BOUNDED", "{twin}");
    }
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
fn c04_retries_are_flat_in_both() {
    control("c04_retries");
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
fn a_longer_queue_leaks_like_one_without_an_end() {
    variant("l03_write_behind", "more-memory", "LEAKS");
}

#[test]
fn a_semaphore_in_the_handler_does_not_bound_the_orders() {
    variant("l06_admission", "acquire-in-handler", "GROWS");
}

#[test]
fn a_longer_timeout_leaks_while_it_lasts() {
    variant("l07_deadline", "longer-timeout", "LEAKS");
}

#[test]
fn shrinking_a_map_frees_no_entry() {
    variant("l11_session_cache", "shrink-to-fit", "LEAKS");
}

#[test]
fn an_arc_around_a_client_shares_what_is_shared_already() {
    variant("l02_tenant_clients", "arc-client", "LEAKS");
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
