//! Every rule, on comparisons made for it.

use super::rules::settle;
use super::{ClaimVerdict, Ledger};
use crate::comparison::{
    Comparison, Environment, Latency, LessonResult, Peak, TwinResult, Verdict,
};
use model::CLAIMS;
use model::claims::{Evidence, Program, Rule, Shows};
use std::collections::BTreeMap;

const LESSON: &str = "l99_example";

/// A program that shows nothing remarkable but its verdict.
fn shows(verdict: Verdict) -> TwinResult {
    TwinResult {
        verdict,
        slope_bytes_per_request: if verdict == Verdict::Leaks { 500.0 } else { 0.0 },
        ci95: [490.0, 510.0],
        detection_limit_bytes_per_request: 12.0,
        requests_per_round: 100,
        live_bytes: vec![1_000_000, 1_000_000, 1_000_000],
        peak_bytes: 2_000_000,
        peaks: Vec::new(),
        peak_exponent: None,
        resident_before_bytes: Some(14_000_000),
        resident_bytes: vec![Some(15_000_000); 3],
        open_files: vec![Some(22); 3],
        sockets: vec![None; 3],
        tasks: vec![0; 3],
        in_flight: vec![0; 3],
        gauges: BTreeMap::new(),
        metrics: Vec::new(),
        database_calls_per_request: None,
        latency_us: Latency { p50: 500, p99: 900, best_round_p50: 480 },
        seconds: 1.0,
        profile: None,
        window_bytes_per_request: 0.0,
        unattributed_share: None,
        sites: Vec::new(),
        answers_sha256: String::new(),
        refused: 0,
        errors: 0,
        abandoned: 0,
        attempts: 1,
        live_bytes_before_exit: None,
        live_bytes_at_exit: None,
    }
}

/// A run of one lesson; what is neither twin is a variant.
fn run(programs: &[(&str, TwinResult)]) -> Comparison {
    let is_twin = |name: &str| ["leaky", "fixed"].contains(&name);
    let of = |twin: bool| -> BTreeMap<_, _> {
        let chosen = programs.iter().filter(|(name, _)| is_twin(name) == twin);
        chosen.map(|(name, result)| ((*name).to_owned(), result.clone())).collect()
    };
    let lesson = LessonResult {
        id: LESSON.to_owned(),
        kind: "lesson".to_owned(),
        claims: Vec::new(),
        grows_with: "examples".to_owned(),
        as_expected: true,
        mismatches: Vec::new(),
        same_answers: None,
        answers_sha256: String::new(),
        twins: of(true),
        failed_fixes: of(false),
        cost: None,
        peak_scale: None,
        growth: "slope".to_owned(),
    };
    Comparison {
        schema: 1,
        seed: 7,
        as_expected: true,
        seconds: 1.0,
        environment: Environment {
            leaklab: String::new(),
            rustc: String::new(),
            profile: String::new(),
            aws_sdk_dynamodb: String::new(),
            engine: "embedded".to_owned(),
            quick: false,
            cores: 2,
            system: String::new(),
        },
        driver_resident_bytes: None,
        lessons: vec![lesson],
        baseline: None,
    }
}

const fn evidence(program: Program, shows: Shows) -> Evidence {
    Evidence { lesson: LESSON, program, shows }
}

const LEAKY: Evidence = evidence(Program::Leaky, Shows::Growth);
const FIXED: Evidence = evidence(Program::Fixed, Shows::Rest);
const CONTROL: Evidence = evidence(Program::Twins, Shows::Rest);
const DECOY: Evidence = evidence(Program::Variant("decoy"), Shows::Growth);

#[track_caller]
fn settled(rule: Rule, programs: &[(&str, TwinResult)]) -> ClaimVerdict {
    settle(&rule, &run(programs)).unwrap().0
}

#[track_caller]
fn open(rule: Rule, programs: &[(&str, TwinResult)], parts: &[&str]) {
    let why = settle(&rule, &run(programs)).unwrap_err();
    for part in parts {
        assert!(why.contains(part), "'{part}' is missing from: {why}");
    }
}

#[test]
fn a_cause_has_the_verdict_of_what_grows() {
    let with =
        |verdict| [("leaky", shows(verdict)), ("fixed", shows(Verdict::Bounded))];
    let rule = Rule::Cause(&[LEAKY, FIXED]);
    assert_eq!(settled(rule, &with(Verdict::Leaks)), ClaimVerdict::Leaks);
    assert_eq!(settled(rule, &with(Verdict::Grows)), ClaimVerdict::Grows);
    let flat = [("leaky", shows(Verdict::Flat)), ("fixed", shows(Verdict::Flat))];
    assert_eq!(settled(Rule::Cause(&[CONTROL]), &flat), ClaimVerdict::NoEffect);
}

#[test]
fn a_verdict_that_the_reason_does_not_explain_settles_nothing() {
    let rule = Rule::Cause(&[LEAKY, FIXED]);
    for (leaky, fixed, program) in [
        (Verdict::Bounded, Verdict::Bounded, "leaky"),
        (Verdict::Inconclusive, Verdict::Bounded, "leaky"),
        (Verdict::Leaks, Verdict::Leaks, "fixed"),
        (Verdict::Leaks, Verdict::Inconclusive, "fixed"),
    ] {
        let programs = [("leaky", shows(leaky)), ("fixed", shows(fixed))];
        let found = if program == "leaky" { leaky } else { fixed };
        open(rule, &programs, &[LESSON, program, found.as_str()]);
    }
}

#[test]
fn a_remedy_is_judged_by_what_it_leaves() {
    let rule = |with| Rule::Remedy { without: LEAKY, with };
    let programs = [
        ("leaky", shows(Verdict::Leaks)),
        ("fixed", shows(Verdict::Bounded)),
        ("decoy", shows(Verdict::Grows)),
    ];
    assert_eq!(settled(rule(FIXED), &programs), ClaimVerdict::Bounded);
    assert_eq!(settled(rule(DECOY), &programs), ClaimVerdict::NoEffect);
    // Where nothing grows there is nothing to remedy.
    let rests = [("leaky", shows(Verdict::Bounded)), programs[1].clone()];
    open(rule(FIXED), &rests, &["leaky is BOUNDED"]);
}

#[test]
fn what_was_not_measured_is_named() {
    let leaky = [("leaky", shows(Verdict::Leaks))];
    open(Rule::Cause(&[LEAKY, FIXED]), &leaky, &["Needs l99_example on fixed"]);
    let rule = Rule::Remedy { without: LEAKY, with: DECOY };
    open(rule, &leaky, &["Needs l99_example on decoy"]);
    let other = Evidence { lesson: "l98_other", ..LEAKY };
    open(Rule::Silent(other), &leaky, &["Needs l98_other,"]);
}

#[test]
fn growth_without_a_failed_answer_is_silent() {
    let rule = Rule::Silent(LEAKY);
    let mut leaky = shows(Verdict::Leaks);
    assert_eq!(settled(rule, &[("leaky", leaky.clone())]), ClaimVerdict::NoEffect);
    leaky.errors = 3;
    open(rule, &[("leaky", leaky)], &["3 failed answers"]);
}

#[test]
fn a_file_for_every_request_is_a_kept_connection() {
    let rule = Rule::Connections(CONTROL);
    let with = |files: [Option<u64>; 3]| {
        let mut result = shows(Verdict::Flat);
        result.open_files = files.to_vec();
        [("leaky", result), ("fixed", shows(Verdict::Flat))]
    };
    let by_chance = with([Some(22), Some(24), Some(23)]);
    assert_eq!(settled(rule, &by_chance), ClaimVerdict::NoEffect);
    open(rule, &with([Some(22), Some(122), Some(222)]), &["200 files", "leaky"]);
    open(rule, &with([None; 3]), &["does not tell open files"]);
}

#[test]
fn resident_memory_follows_when_it_shows_half_of_the_growth() {
    let rule = Rule::ResidentFollows(LEAKY);
    let with = |resident: u64| {
        let mut result = shows(Verdict::Leaks);
        result.live_bytes = vec![1_000_000, 6_000_000, 11_000_000];
        result.resident_bytes = vec![Some(15_000_000), None, Some(resident)];
        [("leaky", result)]
    };
    assert_eq!(settled(rule, &with(21_000_000)), ClaimVerdict::Leaks);
    open(rule, &with(19_000_000), &["10.0 MB more live", "4.0 MB more resident"]);
}

#[test]
fn resident_memory_misleads_where_it_alone_differs() {
    let rule = Rule::ResidentMisleads(CONTROL);
    let with = |live: u64, resident: Option<u64>| {
        let mut result = shows(Verdict::Bounded);
        result.live_bytes = vec![live];
        result.resident_bytes = vec![resident];
        [("leaky", result), ("fixed", shows(Verdict::Bounded))]
    };
    let high = Some(60_000_000);
    assert_eq!(settled(rule, &with(1_100_000, high)), ClaimVerdict::NoEffect);
    open(rule, &with(40_000_000, high), &["45.0 MB of resident", "39.0 MB of live"]);
    open(rule, &with(1_100_000, Some(16_000_000)), &["1.0 MB of resident"]);
    open(rule, &with(1_100_000, None), &["does not tell resident memory"]);
}

#[test]
fn a_figure_tells_how_far_it_can_be_trusted() {
    let mut peak = shows(Verdict::Grows);
    peak.peaks = vec![Peak { size: 2_400, peak_bytes: 15_000_000 }];
    peak.peak_exponent = Some(0.924);
    let cases = [
        (
            shows(Verdict::Leaks),
            "+500 B a request (95 %: +490 to +510; unseen below 12)",
        ),
        (shows(Verdict::Flat), "flat within 12 B a request"),
        (shows(Verdict::Bounded), "+0.0 B a request (unseen below 12)"),
        (peak, "peak ~n^0.92, 15.0 MB at n = 2400"),
    ];
    for (result, figure) in cases {
        assert_eq!(crate::figures::of(&result), figure);
    }
}

#[test]
fn every_claim_has_its_place_in_the_ledger_whatever_was_measured() {
    let ledger = Ledger::of(&run(&[]), CLAIMS);
    let ids: Vec<_> = ledger.claims.iter().map(|claim| claim.id).collect();
    let expected: Vec<_> = CLAIMS.iter().map(|claim| claim.id).collect();
    assert_eq!(ids, expected);
    for (claim, found) in CLAIMS.iter().zip(&ledger.claims) {
        for (finding, found) in claim.findings.iter().zip(&found.findings) {
            let measured = !finding.rule.evidence().is_empty();
            let open = found.verdict == ClaimVerdict::NotSettled;
            assert_eq!(measured, open, "{}: {}", claim.id, found.reason);
        }
    }
}
