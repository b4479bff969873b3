//! Stages of services whose growth is known.

use super::*;
use crate::statistics::{detection_limit, theil_sen};

const STEP: f64 = 11_808.0;

/// Requests in the rounds of each stage, of a slow service and of a fast one.
const SLOW: [f64; 3] = [250.0, 500.0, 1_000.0];
const FAST: [f64; 3] = [250.0, 750.0, 2_250.0];

/// A stage with these live bytes before its first round and after each.
fn stage(requests: f64, live: Vec<f64>) -> Stage {
    let points = (0..).map(|n| f64::from(n) * requests).zip(live.iter().copied());
    let points: Vec<_> = points.collect();
    let line = theil_sen(&points[1..]).unwrap();
    let limit = detection_limit(&points[1..], &line, STEP) + freed(&line);
    Stage { live, requests, line, limit, limit_max: 32.0, step: STEP }
}

/// The stages of a service with `live(n)` live bytes after `n` requests.
fn stages(rounds: [f64; 3], live: impl Fn(f64) -> f64) -> Vec<Stage> {
    let (mut sent, mut stages) = (250.0, Vec::new());
    for requests in rounds {
        let live = (0..=8).map(|round| live(f64::from(round) * requests + sent));
        stages.push(stage(requests, live.collect()));
        sent += 8.0 * requests;
    }
    stages
}

/// As a measurement does: one stage after the other until there is a verdict.
fn found_in(rounds: [f64; 3], live: impl Fn(f64) -> f64) -> Trend {
    let stages = stages(rounds, live);
    (1..=3).find_map(|n| trend(&stages[..n], true)).unwrap().0
}

/// The same, whether the service is slow or fast.
fn found(live: impl Fn(f64) -> f64) -> Trend {
    let [slow, fast] = [SLOW, FAST].map(|rounds| found_in(rounds, &live));
    assert_eq!(slow, fast);
    fast
}

/// The capacity of a vector or table with `n` entries.
fn capacity(n: f64) -> f64 {
    2.0_f64.powf(n.log2().ceil())
}

#[test]
fn what_goes_on_leaks_also_where_only_a_table_doubles() {
    // Growth that is not clear has the longer stages, however slow the service is.
    assert_eq!(found_in(FAST, |n| 8.0 * n), Trend::Leaks);
    for bytes in [24.0, 300.0, 60_000.0] {
        assert_eq!(found(|n| bytes * n), Trend::Leaks, "{bytes} B");
    }
    for bytes in [16.0, 24.0, 100.0] {
        for first in 5..20 {
            let first = f64::from(first) / 10.0;
            let table = |n| bytes * first * capacity(n / first);
            assert_eq!(found(table), Trend::Leaks, "{bytes} B, {first}");
        }
        assert_eq!(found(|n| bytes * n + 40.0 * capacity(n)), Trend::Leaks);
    }
    // A map of texts: its table is full to seven eighths when it doubles.
    for entry in [60.0, 100.0, 250.0] {
        let map = |n| entry * n + 56.0 * capacity(n / 0.875);
        assert_eq!(found(map), Trend::Leaks, "{entry} B");
    }
}

#[test]
fn what_has_an_end_is_a_plateau() {
    let cache = |entries: f64| move |n: f64| 100.0 * n.min(entries);
    for entries in [1_000.0, 5_000.0, 10_000.0] {
        assert_eq!(found(cache(entries)), Trend::Plateau, "{entries} entries");
    }
    assert_eq!(found_in(FAST, cache(20_000.0)), Trend::Plateau);
    for entries in [3_000.0, 5_000.0, 10_000.0] {
        // It is emptied when it is full.
        let emptied = |n: f64| 100.0 * (n % entries);
        assert_eq!(found(emptied), Trend::Plateau, "emptied at {entries}");
    }
    assert_eq!(found(|n| if n > 700.0 { 58e6 } else { 0.0 }), Trend::Plateau);
}

#[test]
fn steps_of_one_size_are_no_leak() {
    // A connection that is opened once in each stage.
    let connection = |n: f64| {
        let opened = [800.0, 4_000.0, 20_000.0].map(|at| f64::from(n > at));
        44_000.0 * opened.iter().sum::<f64>()
    };
    assert_eq!(found(connection), Trend::Plateau);
    assert_eq!(found(|_| 1e6), Trend::Flat);
    // A cache that is larger than the measurement slows down as it fills.
    let fills = |n: f64| 8e6 * (1.0 - (-n / 10_000.0).exp());
    assert_eq!(found(fills), Trend::Inconclusive);
}

#[test]
fn memory_that_is_freed_meanwhile_hides_a_leak_and_says_so() {
    let falls = |most: f64| move |n: f64| 24.0 * n + (most - 90.0 * n).max(0.0);
    let found = stages(SLOW, falls(9e6));
    let (trend, why) = trend(&found, true).unwrap();
    assert_eq!(trend, Trend::Inconclusive);
    assert!(why.unwrap().contains("--only"));
    // It ends in the second stage.
    assert_eq!(found_in(FAST, falls(3e5)), Trend::Leaks);
    // It ends in the first one, and the second is as long.
    let short = stages([250.0; 3], |n| (1.5e5 - 90.0 * n).max(0.0));
    assert!(short[0].drains() && !short[1].drains());
    assert_eq!(super::trend(&short[..2], false), Some((Trend::Flat, None)));
}

#[test]
fn without_longer_stages_only_steady_growth_leaks() {
    let first = |live: &dyn Fn(f64) -> f64| trend(&stages(SLOW, live)[..1], false);
    assert_eq!(first(&|n| 5_000.0 * n), Some((Trend::Leaks, None)));
    let step = first(&|n| if n > 1_000.0 { 9e6 } else { 0.0 });
    assert_eq!(step.unwrap().0, Trend::Inconclusive);
    // Three of the same length show that a step was one, and no more; two do not.
    let step = |n| if n > 500.0 { 1e5 } else { 0.0 };
    assert_eq!(found_in([100.0; 3], step), Trend::Plateau);
    let two =
        |live: &dyn Fn(f64) -> f64| trend(&stages([100.0; 3], live)[..2], false);
    assert_eq!(two(&step).unwrap().0, Trend::Inconclusive);
    assert_eq!(found_in([100.0; 3], |n| 64.0 * capacity(n)), Trend::Inconclusive);
}

#[test]
fn steps_at_other_moments_beside_what_connections_leave_are_no_leak() {
    let stage = |requests: f64, grew: [f64; 8]| {
        let mut live = vec![5e6];
        live.extend(grew.iter().scan(5e6, |live, grew| {
            *live += grew;
            Some(*live)
        }));
        stage(requests, live)
    };
    // A pool of each worker fills, and buffers come and go. The line leaves steps out.
    let mut pool = [
        stage(750.0, [16e3, -36.0, 16e3, 8e3, -36.0, 16e3, -8e3, 16e3]),
        stage(1_000.0, [-36.0, 16e3, -36.0, 16e3, -36.0, 16e3, -36.0, 8e3]),
    ];
    for stage in &mut pool {
        (stage.line.slope, stage.limit) = (1.0, 2.0);
    }
    assert_ne!(trend(&pool, false).unwrap().0, Trend::Leaks);
    // Noise that could hide a leak is no plateau.
    pool[1].limit = 259.0;
    let (unclear, why) = trend(&pool, false).unwrap();
    assert_eq!(unclear, Trend::Inconclusive);
    assert!(why.unwrap().contains("noise"));
    // Each round leaves 2,000 bytes, whatever its requests, and something was made once.
    let mut once = [
        stage(500.0, [2e3; 8]),
        stage(1_500.0, [2e3, 2e3, 2e3, 2e3, 124_840.0, 10_232.0, 2e3, 2e3]),
    ];
    once[1].line.slope = 2e3 / 1_500.0;
    assert!(may_follow_rounds(&once));
    once.iter_mut().for_each(|stage| stage.without(2e3));
    assert_eq!(trend(&once, false), Some((Trend::Plateau, None)));
}
