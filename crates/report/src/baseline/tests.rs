//! Every state, and what must not be taken for one. Sites are texts: `a 1000, b 500`.

use super::{Accepted, Baseline, Gate};
use crate::comparison::{Comparison, Peak, SiteGrowth, TwinResult, Verdict};
use crate::made::{self, twin};
use crate::terminal::Told;
use serde_json::Value;
use std::collections::BTreeSet;

/// A service with this verdict and these sites. Its detection limit is 10 B.
fn service(verdict: Verdict, slope: f64, sites: &str) -> TwinResult {
    let sites = sites.split(", ").filter_map(|site| site.split_once(' '));
    let sites: Vec<(&str, f64)> =
        sites.map(|(name, bytes)| (name, bytes.parse().unwrap())).collect();
    let all: f64 = sites.iter().map(|(_, bytes)| bytes).sum();
    let site = |&(name, bytes): &(&str, f64)| SiteGrowth {
        fingerprint: name.to_owned(),
        share: bytes / all,
        bytes_per_request: bytes,
        blocks: 0,
        in_app_frame: None,
        expected_site: None,
        frames: vec!["f".to_owned()],
    };
    TwinResult {
        slope_bytes_per_request: slope,
        sites: sites.iter().map(site).collect(),
        ..twin(verdict)
    }
}

/// A comparison of one such service.
fn run(verdict: Verdict, slope: f64, sites: &str) -> Comparison {
    made::run(&[("leaky", service(verdict, slope, sites))])
}

/// One whose exact slope is the sum of its sites.
fn leaks(sites: &str) -> Comparison {
    let leaky = service(Verdict::Leaks, 0.0, sites);
    let slope = leaky.sites.iter().map(|site| site.bytes_per_request).sum();
    run(Verdict::Leaks, slope, sites)
}

/// A peak that is `exact` bytes higher for the second size.
fn peaks(exact: u64, sites: &str) -> Comparison {
    let peak = |size, peak_bytes| Peak { size, peak_bytes };
    let peaks = vec![peak(1, 1000), peak(2, 1000 + exact)];
    let leaky = TwinResult { peaks, ..service(Verdict::Grows, 0.0, sites) };
    made::run(&[("leaky", leaky)])
}

fn gate(older: &Comparison, newer: &Comparison) -> Gate {
    let accepted = Accepted::default();
    let baseline = Baseline::new("old".to_owned(), older.clone(), accepted);
    let gate = baseline.judge(newer).unwrap();
    assert_eq!(gate.passed, !gate.sites.iter().any(|site| site.state.fails()));
    gate
}

/// The states of all sites: `a KNOWN, b NEW`.
fn states(gate: &Gate) -> String {
    let state = |site: &super::GatedSite| {
        format!("{} {}", site.fingerprint, site.state.word())
    };
    gate.sites.iter().map(state).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_site_has_its_state() {
    let a = leaks("a 1000");
    let a_and_b = leaks("a 1000, b 500");
    let noise = run(Verdict::Bounded, 0.0, "a 3");
    let small = leaks("a 20");
    let twice = leaks("a 600, a 400");
    let trading = peaks(1000, "a 800, b 200");
    let traded = peaks(1050, "c 700, b 350");
    let unsure = run(Verdict::Inconclusive, 500.0, "a 1000");
    // The windows saw 2,000 B and the rounds 1,200: the rest may be chance.
    let chance = run(Verdict::Leaks, 1200.0, "a 1200, b 800");
    let cases: [(&Comparison, &Comparison, &str); 16] = [
        (&a_and_b, &a_and_b, "a KNOWN, b KNOWN"),
        (&a_and_b, &leaks("c 3000, a 2000"), "c NEW, a GROWN, b FIXED"),
        // A leak in a twin that did not leak is new even where noise was.
        (&noise, &a, "a NEW"),
        (&a, &noise, "a FIXED"),
        // Within tolerance and limits a site is the same.
        (&a, &leaks("a 1265"), "a KNOWN"),
        (&a, &leaks("a 1275"), "a GROWN"),
        (&small, &leaks("a 40"), "a KNOWN"),
        // What is small or came by chance does not count.
        (&a, &leaks("a 1000, b 90"), "a KNOWN"),
        (&a, &chance, "a KNOWN"),
        // Sites that trade bytes have not grown.
        (&trading, &traded, "b KNOWN, a FIXED"),
        (&trading, &peaks(2000, "a 1800, b 200"), "a GROWN, b KNOWN"),
        // What is fixed does not hide what is new.
        (&a_and_b, &leaks("c 800, b 500"), "c NEW, b KNOWN, a FIXED"),
        (
            &leaks("a 1000, b 300"),
            &leaks("c 700, b 300, a 200"),
            "c NEW, b KNOWN, a KNOWN",
        ),
        // Lines with one fingerprint are one site.
        (&twice, &a, "a KNOWN"),
        // An inconclusive run calls nothing fixed.
        (&a, &unsure, ""),
        (&unsure, &a, "a NEW"),
    ];
    for (older, newer, expected) in cases {
        assert_eq!(states(&gate(older, newer)), expected);
    }
    assert_eq!(gate(&twice, &twice).sites[0].bytes_per_request, Some(1000.0));
    for (older, newer, note) in [
        (&trading, &traded, "does not keep more"),
        (&a, &unsure, "not judged"),
        (&unsure, &a, "was INCONCLUSIVE"),
    ] {
        let notes = gate(older, newer).notes;
        assert!(notes[0].contains(note), "{notes:?}");
    }
}

#[test]
fn what_only_one_run_measured_is_noted() {
    let older = leaks("a 1000");
    let mut newer = older.clone();
    newer.lessons[0].id = "l99_other".to_owned();
    let gate = gate(&older, &newer);
    assert_eq!(states(&gate), "a NEW");
    let notes = gate.notes.join(" ");
    let id = &older.lessons[0].id;
    assert!(notes.contains(&format!("not judged: {id} leaky")), "{notes}");
    assert!(notes.contains("is new: l99_other leaky"), "{notes}");
}

/// The names of all fields; those of twins, gauges and sockets are no fields.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| fields(value, found)),
        Value::Object(object) => {
            for (name, value) in object {
                found.insert(name.clone());
                match (name.as_str(), value) {
                    ("gauges" | "sockets", _) => {}
                    ("twins" | "failed_fixes", Value::Object(services)) => {
                        services.values().for_each(|value| fields(value, found));
                    }
                    _ => fields(value, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_document_explains_every_field() {
    let document = include_str!("../../../../docs/comparison-json.md");
    let mut run = leaks("a 1000");
    run.baseline = Some(gate(&run, &run));
    let mut found = BTreeSet::new();
    fields(&serde_json::to_value(&run).unwrap(), &mut found);
    found.retain(|name| !document.contains(&format!("`{name}`")));
    assert_eq!(found, BTreeSet::new(), "not in docs/comparison-json.md");
}
