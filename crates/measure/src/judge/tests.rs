//! Samples that were made up, and what must be said of them.

use super::*;
use crate::samples::{Peak, Window};
use crate::scenario::{Growth, Metric, Scale};
use heap::Reading;
use workload::Digest;

const REQUESTS: u64 = 100;

fn scenario(growth: Growth, expected: Verdict) -> Scenario {
    let sizes = match growth {
        Growth::Peak { sizes, .. } => sizes.to_vec(),
        Growth::Slope { .. } | Growth::Burst { .. } => Vec::new(),
    };
    Scenario {
        sizes,
        requests: REQUESTS,
        warm_up: REQUESTS,
        window_requests: 10,
        in_app: Some("src/lessons/".to_owned()),
        ..Scenario::new(growth, expected)
    }
}

fn leak(expected: Verdict) -> Scenario {
    scenario(Growth::Slope { min_leak_bytes: 1_000.0 }, expected)
}

fn reading(live_bytes: u64) -> Reading {
    Reading {
        live_bytes,
        open_files: Some(live_bytes / 1_000),
        ..Reading::default()
    }
}

fn window(requests: u64, growth: i64) -> Window {
    Window { requests, growth, ..Window::default() }
}

/// Live bytes after each round, and what both windows add per request.
fn samples(live: &[u64], windows: [i64; 2]) -> Samples {
    Samples {
        readings: live.iter().map(|&bytes| reading(bytes)).collect(),
        best_median_us: 1,
        windows: vec![window(10, 10 * windows[0]), window(20, 20 * windows[1])],
        attempt: 1,
        ..Samples::default()
    }
}

/// Eight rounds that begin at 5 MB and grow by this many bytes per request.
fn steady(bytes_per_request: u64) -> Vec<u64> {
    (1..=8).map(|round| 5_000_000 + round * REQUESTS * bytes_per_request).collect()
}

fn peaks(of: fn(u64) -> u64) -> Samples {
    let peak = |size| Peak { size, peak_bytes: of(size) };
    let flat = samples(&steady(0), [0, 0]);
    Samples { peaks: [100, 200, 400].map(peak).to_vec(), ..flat }
}

#[test]
fn a_steady_slope_that_both_windows_confirm_is_a_leak() {
    let found =
        judge(&samples(&steady(2_000), [2_000, 2_000]), &leak(Verdict::Leaks));
    assert_eq!(found.verdict, Verdict::Leaks);
    assert!((found.line.slope - 2_000.0).abs() < 1.0);
    assert_eq!(found.mismatches, Vec::<String>::new());
}

#[test]
fn a_slope_that_one_window_does_not_confirm_is_inconclusive() {
    for windows in [[2_000, 100], [100, 2_000]] {
        let scenario = leak(Verdict::Leaks);
        let found = judge(&samples(&steady(2_000), windows), &scenario);
        assert_eq!(found.verdict, Verdict::Inconclusive);
        assert!(!found.is_conclusive(&scenario));
        assert!(found.mismatches[0].contains("more --requests"));
    }
}

#[test]
fn a_disturbed_measurement_is_inconclusive_whatever_it_read() {
    for bytes in [0, 2_000] {
        let disturbed = Samples {
            unjudged: Some("round 9 met 504 for GET /".to_owned()),
            ..samples(&steady(bytes), [2_000, 2_000])
        };
        let found = judge(&disturbed, &leak(Verdict::Leaks));
        assert_eq!(found.verdict, Verdict::Inconclusive);
        assert!(found.mismatches[0].contains("round 9 met 504"));
        assert!(!found.mismatches[0].contains("--requests"));
    }
}

#[test]
fn only_rounds_that_both_services_had_are_compared() {
    // Responses that differ in their number.
    let parts =
        |&(round, parts): &(u64, usize)| (round, vec![Digest::default(); parts]);
    let with = |rounds: &[(u64, usize)]| Samples {
        responses: rounds.iter().map(parts).collect(),
        responses_of_sizes: [(600, 1)].iter().map(parts).collect(),
        ..samples(&steady(0), [0, 0])
    };
    let first = with(&[(1, 1), (2, 1)]);
    let scenario = leak(Verdict::Bounded);
    let same = |second: &[(u64, usize)]| {
        pair::same_responses(&first, &with(second), &scenario)
    };
    assert_eq!(same(&[(2, 1), (3, 2)]), Some(true));
    assert_eq!(same(&[(1, 1), (2, 2)]), Some(false));
    assert_eq!(same(&[(3, 1)]), None);
    let mut other = with(&[(1, 1)]);
    other.responses_of_sizes = [(600, 2)].iter().map(parts).collect();
    let found = pair::first_difference(&first, &other, &scenario);
    assert_eq!(found, Some(pair::Difference::Size(600)));
}

#[test]
fn one_step_anywhere_is_no_leak() {
    for at in 1..8 {
        let mut live = steady(0);
        live[at..].iter_mut().for_each(|bytes| *bytes += 11_808);
        let found = judge(&samples(&live, [0, 0]), &leak(Verdict::Bounded));
        assert_eq!(found.verdict, Verdict::Bounded, "step in round {at}");
    }
}

#[test]
fn a_control_is_flat_only_where_a_small_leak_would_have_shown() {
    let many = Scenario { requests: 1_000, ..leak(Verdict::Flat) };
    assert_eq!(judge(&samples(&steady(0), [0, 0]), &many).verdict, Verdict::Flat);
    let few = Scenario { requests: 10, ..leak(Verdict::Flat) };
    let found = judge(&samples(&steady(0), [0, 0]), &few);
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(requests_needed(&few) > 10 && requests_needed(&few) < 1_000);
}

#[test]
fn a_leak_below_the_smallest_one_is_named_as_a_partial_repair() {
    let found = judge(&samples(&steady(600), [600, 600]), &leak(Verdict::Leaks));
    assert_eq!(found.verdict, Verdict::Leaks);
    assert!(found.mismatches[0].contains("partly repaired"));
}

#[test]
fn a_peak_in_proportion_grows_and_a_constant_one_is_bounded() {
    let peak = Growth::Peak { sizes: &[100, 200, 400], of: Scale::Items };
    let grows = judge(&peaks(|size| 1_000 * size), &scenario(peak, Verdict::Grows));
    assert_eq!(grows.verdict, Verdict::Grows);
    let bounded = judge(&peaks(|_| 90_000), &scenario(peak, Verdict::Bounded));
    assert_eq!(bounded.verdict, Verdict::Bounded);
    let root = |size: u64| 1_000 * size.isqrt();
    let between = judge(&peaks(root), &scenario(peak, Verdict::Bounded));
    assert_eq!(between.verdict, Verdict::Inconclusive);
    // More requests do not help where a peak is measured.
    assert!(!between.mismatches[0].contains("more --requests"));
}

#[test]
fn a_peak_whose_memory_stays_is_not_bounded() {
    let peak = Growth::Peak { sizes: &[100, 200, 400], of: Scale::Items };
    let stays = Samples {
        readings: samples(&steady(2_000), [0, 0]).readings,
        ..peaks(|_| 9)
    };
    let found = judge(&stays, &scenario(peak, Verdict::Bounded));
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(found.mismatches[0].contains("stays"), "{:?}", found.mismatches);
}

#[test]
fn metrics_must_rise_with_a_leak_and_stay_without() {
    let leaking = samples(&steady(2_000), [2_000, 2_000]);
    let with =
        |expected| Scenario { metrics: &[Metric::OpenFiles], ..leak(expected) };
    // The made-up service opens two files per request.
    assert_eq!(judge(&leaking, &with(Verdict::Leaks)).mismatches.len(), 0);
    let mismatches = judge(&leaking, &with(Verdict::Bounded)).mismatches;
    assert!(mismatches.iter().any(|clause| clause.contains("open files")));
}

#[test]
fn errors_are_a_mismatch_unless_they_are_expected() {
    let mut failing = samples(&steady(0), [0, 0]);
    (failing.stats.errors, failing.stats.refused) = (5, 5);
    failing.stats.first_error = Some("503 for GET /".to_owned());
    let clauses = |scenario: Scenario| judge(&failing, &scenario).mismatches.len();
    assert_eq!(clauses(leak(Verdict::Bounded)), 1);
    assert_eq!(clauses(Scenario { may_refuse: true, ..leak(Verdict::Bounded) }), 0);
    assert_eq!(clauses(Scenario { may_fail: true, ..leak(Verdict::Bounded) }), 0);
}

#[test]
fn memory_falls_where_it_is_noise() {
    let scenario = leak(Verdict::Flat);
    let falls = |live: &[u64]| falls(&samples(live, [0, 0]), &scenario);
    assert!(falls(&[100_000, 300_000, 200_000, 250_000]));
    assert!(!falls(&[100_000, 300_000, 299_000, 400_000]));
}
