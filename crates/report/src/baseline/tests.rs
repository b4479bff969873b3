//! Every state, and what must not be taken for one.

use super::{Accepted, Baseline, Gate, State};
use crate::comparison::{Comparison, Peak, SiteGrowth, TwinResult, Verdict};
use crate::made::{comparison, twin};
use State::{Fixed, Grown, Known, New};

type Sites<'a> = &'a [(&'a str, f64)];

/// A comparison of one service with this verdict and sites of these sizes. The
/// detection limit is 10 B.
fn run(verdict: Verdict, slope: f64, sites: Sites<'_>) -> Comparison {
    let all: f64 = sites.iter().map(|(_, bytes)| bytes.max(0.0)).sum();
    let site = |(fingerprint, bytes): &(&str, f64)| SiteGrowth {
        fingerprint: (*fingerprint).to_owned(),
        share: bytes / all,
        bytes_per_request: *bytes,
        in_app_frame: None,
        expected_site: None,
        frames: vec!["f".to_owned()],
    };
    let service = TwinResult {
        slope_bytes_per_request: slope,
        sites: sites.iter().map(site).collect(),
        ..twin(verdict)
    };
    let mut run = comparison();
    run.lessons.truncate(1);
    run.lessons[0].twins = [("leaky".to_owned(), service)].into();
    run
}

fn leaks(sites: Sites<'_>) -> Comparison {
    run(Verdict::Leaks, sites.iter().map(|(_, bytes)| bytes).sum(), sites)
}

/// A peak that is `exact` bytes higher for the second size.
fn peaks(exact: u64, sites: Sites<'_>) -> Comparison {
    let mut run = run(Verdict::Grows, 0.0, sites);
    let peak = |size, peak_bytes| Peak { size, peak_bytes };
    let leaky = run.lessons[0].twins.get_mut("leaky").unwrap();
    leaky.peaks = vec![peak(1, 1000), peak(2, 1000 + exact)];
    run
}

fn gate(older: &Comparison, newer: &Comparison) -> Gate {
    let accepted = Accepted::default();
    let baseline = Baseline::new("old".to_owned(), older.clone(), accepted);
    let gate = baseline.judge(newer).unwrap();
    assert_eq!(gate.passed, !gate.sites.iter().any(|site| site.state.fails()));
    gate
}

#[track_caller]
fn check(older: &Comparison, newer: &Comparison, expected: &[(&str, State)]) {
    let gate = gate(older, newer);
    let states =
        gate.sites.iter().map(|site| (site.fingerprint.as_str(), site.state));
    assert_eq!(states.collect::<Vec<_>>(), expected);
}

#[test]
fn each_site_has_its_state() {
    let a = leaks(&[("a", 1000.0)]);
    let a_and_b = leaks(&[("a", 1000.0), ("b", 500.0)]);
    let noise = run(Verdict::Bounded, 0.0, &[("a", 3.0)]);
    let small = leaks(&[("a", 20.0)]);
    let twice = leaks(&[("a", 600.0), ("a", 400.0)]);
    let trading = peaks(1000, &[("a", 800.0), ("b", 200.0)]);
    let traded = peaks(1050, &[("c", 700.0), ("b", 350.0)]);
    let larger = peaks(2000, &[("a", 1800.0), ("b", 200.0)]);
    let unsure = run(Verdict::Inconclusive, 500.0, &[("a", 1000.0)]);
    // The windows saw 2,000 B and the rounds 1,200: the rest may be chance.
    let chance = run(Verdict::Leaks, 1200.0, &[("a", 1200.0), ("b", 800.0)]);
    type Case<'a> = (&'a Comparison, &'a Comparison, &'a [(&'a str, State)]);
    let cases: [Case<'_>; 16] = [
        (&a_and_b, &a_and_b, &[("a", Known), ("b", Known)]),
        (
            &a_and_b,
            &leaks(&[("c", 3000.0), ("a", 2000.0)]),
            &[("c", New), ("a", Grown), ("b", Fixed)],
        ),
        // A leak in a twin that did not leak is new even where noise was.
        (&noise, &a, &[("a", New)]),
        (&a, &noise, &[("a", Fixed)]),
        // Within tolerance and limits a site is the same.
        (&a, &leaks(&[("a", 1265.0)]), &[("a", Known)]),
        (&a, &leaks(&[("a", 1275.0)]), &[("a", Grown)]),
        (&small, &leaks(&[("a", 40.0)]), &[("a", Known)]),
        // What is small or came by chance does not count.
        (&a, &leaks(&[("a", 1000.0), ("b", 90.0)]), &[("a", Known)]),
        (&a, &chance, &[("a", Known)]),
        // Sites that trade bytes have not grown.
        (&trading, &traded, &[("b", Known), ("a", Fixed)]),
        (&trading, &larger, &[("a", Grown), ("b", Known)]),
        // What is fixed does not hide what is new.
        (
            &a_and_b,
            &leaks(&[("c", 800.0), ("b", 500.0)]),
            &[("c", New), ("b", Known), ("a", Fixed)],
        ),
        (
            &leaks(&[("a", 1000.0), ("b", 300.0)]),
            &leaks(&[("c", 700.0), ("b", 300.0), ("a", 200.0)]),
            &[("c", New), ("b", Known), ("a", Known)],
        ),
        // Lines with one fingerprint are one site.
        (&twice, &a, &[("a", Known)]),
        // An inconclusive run calls nothing fixed.
        (&a, &unsure, &[]),
        (&unsure, &a, &[("a", New)]),
    ];
    for (older, newer, expected) in cases {
        check(older, newer, expected);
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
    let older = leaks(&[("a", 1000.0)]);
    let mut newer = older.clone();
    newer.lessons[0].id = "l99_other".to_owned();
    check(&older, &newer, &[("a", New)]);
    let notes = gate(&older, &newer).notes.join(" ");
    let id = &older.lessons[0].id;
    assert!(notes.contains(&format!("not judged: {id} leaky")), "{notes}");
    assert!(notes.contains("is new: l99_other leaky"), "{notes}");
}
