//! A comparison for tests, which they change as they need it.

use crate::comparison::{Comparison, TwinResult, Verdict};

/// Of a lesson and two controls, measured once.
pub(crate) fn comparison() -> Comparison {
    serde_json::from_str(include_str!("../tests/made/comparison.json")).unwrap()
}

/// A run of the first lesson alone, on these programs.
pub(crate) fn run(programs: &[(&str, TwinResult)]) -> Comparison {
    let mut run = comparison();
    run.lessons.truncate(1);
    let lesson = &mut run.lessons[0];
    lesson.twins.clear();
    for (name, result) in programs {
        let twins = ["leaky", "fixed"].contains(name);
        let all = if twins { &mut lesson.twins } else { &mut lesson.failed_fixes };
        all.insert((*name).to_owned(), result.clone());
    }
    run
}

/// A service with nothing remarkable but its verdict.
pub(crate) fn twin(verdict: Verdict) -> TwinResult {
    let leaks = verdict == Verdict::Leaks;
    TwinResult {
        verdict,
        slope_bytes_per_request: if leaks { 500.0 } else { 0.0 },
        ci95: [490.0, 510.0],
        detection_limit_bytes_per_request: 10.0,
        peaks: Vec::new(),
        peak_exponent: None,
        live_bytes: vec![1_000_000; 3],
        resident_bytes: vec![Some(15_000_000); 3],
        open_files: vec![Some(22); 3],
        requests_per_round: 100,
        sites: Vec::new(),
        ..comparison().lessons[0].twins["leaky"].clone()
    }
}
