//! From what was measured to what `comparison.json` says about a lesson.

use crate::run::Measured;
use lessons::Plan;
use measure::judge::pair::{self, Difference};
use measure::{Samples, Scenario};
use report::comparison::{Cost, Latency, LessonResult, TwinResult};
use std::collections::BTreeMap;
use workload::Digest;

/// Sites that are listed.
const SITES_MAX: usize = 10;

/// Puts the services of a lesson side by side, and notes those that were killed.
pub fn lesson_result(
    plan: Plan,
    scenario: &Scenario,
    all: &[Measured],
    killed: Vec<String>,
) -> LessonResult {
    let lesson = plan.lesson;
    let mut mismatches = killed;
    mismatches.extend(all.iter().flat_map(clauses));
    let twin = |name| all.iter().find(|m| m.service.name == name);
    let pair = twin("leaky").zip(twin("fixed"));
    if let Some((leaky, fixed)) = pair {
        let (leaky, fixed) = (&leaky.samples, &fixed.samples);
        mismatches.extend(pair::burst_mismatch(leaky, fixed, scenario));
        let differ = difference(plan, scenario, leaky, fixed).map(|place| {
            format!("the responses of the twins differ, first in {place}")
        });
        mismatches.extend(differ);
    }
    let answers_sha256 = all
        .iter()
        .find(|m| m.service.is_twin())
        .map(|m| digest(&m.samples, scenario));
    let by_name = |twins: bool| -> BTreeMap<_, _> {
        let of_kind = all.iter().filter(|m| m.service.is_twin() == twins);
        let result = |m: &Measured| {
            let profile = m.profile(lesson.id).map(|(name, _)| name);
            (m.service.name.to_owned(), twin_result(m, scenario, profile))
        };
        of_kind.map(result).collect()
    };
    LessonResult {
        id: lesson.id.to_owned(),
        kind: lesson.kind.as_str().to_owned(),
        claims: lesson.claims().into_iter().map(str::to_owned).collect(),
        grows_with: lesson.grows_with.to_owned(),
        peak_scale: scenario.growth.scale().map(|scale| scale.as_str().to_owned()),
        growth: scenario.growth.into(),
        as_expected: mismatches.is_empty(),
        mismatches,
        same_answers: pair.and_then(|(leaky, fixed)| {
            pair::same_responses(&leaky.samples, &fixed.samples, scenario)
        }),
        answers_sha256: answers_sha256.unwrap_or_default(),
        cost: pair.map(|(leaky, fixed)| cost(leaky, fixed)),
        twins: by_name(true),
        failed_fixes: by_name(false),
    }
}

/// The mismatches of one service, as sentences.
fn clauses(measured: &Measured) -> Vec<String> {
    let name = measured.service.name;
    let mismatches = &measured.judgement.mismatches;
    mismatches.iter().map(|clause| format!("{name} {clause}")).collect()
}

/// Where the responses of two services differ first, unless the lesson allows that.
pub fn difference(
    plan: Plan,
    scenario: &Scenario,
    first: &Samples,
    second: &Samples,
) -> Option<String> {
    let refused = first.stats.refused + second.stats.refused > 0;
    let may_differ = plan.lesson.outage || (plan.lesson.may_refuse && refused);
    let found = pair::first_difference(first, second, scenario);
    Some(match found.filter(|_| !may_differ)? {
        Difference::Round(round, n) => {
            let request = plan.sized(scenario.smallest()).request(round, n);
            format!("round {round} near request {n}: {request}")
        }
        Difference::Size(size) => {
            let request = plan.sized(size).request(0, 0);
            format!("an input of {size}: {request}")
        }
    })
}

fn cost(leaky: &Measured, fixed: &Measured) -> Cost {
    Cost {
        database_calls_ratio: pair::database_calls_ratio(
            &leaky.judgement,
            &fixed.judgement,
        ),
        latency_ratio: pair::latency_ratio(&leaky.samples, &fixed.samples),
    }
}

/// The digest of the responses of the first attempt, without disturbed rounds.
fn digest(samples: &Samples, scenario: &Scenario) -> String {
    let mut digest = Digest::default();
    let rounds = samples.responses.range(..=scenario.rounds);
    rounds.flat_map(|(_, parts)| parts).for_each(|part| digest.add(*part));
    digest.to_string()
}

fn twin_result(
    measured: &Measured,
    scenario: &Scenario,
    profile: Option<String>,
) -> TwinResult {
    let Measured { samples, judgement, seconds, .. } = measured;
    let readings = &samples.readings;
    TwinResult {
        verdict: judgement.verdict,
        slope_bytes_per_request: judgement.line.slope,
        ci95: judgement.line.interval,
        detection_limit_bytes_per_request: judgement.detection_limit,
        requests_per_round: scenario.requests,
        live_bytes: readings.iter().map(|r| r.live_bytes).collect(),
        peak_bytes: readings.iter().map(|r| r.peak_bytes).max().unwrap_or(0),
        peaks: samples.peaks.clone(),
        peak_exponent: judgement.peak_exponent,
        resident_before_bytes: samples.resident_before,
        resident_bytes: readings.iter().map(|r| r.resident_bytes).collect(),
        open_files: readings.iter().map(|r| r.open_files).collect(),
        sockets: readings.iter().map(|r| r.sockets.clone()).collect(),
        tasks: readings.iter().map(|r| r.tasks).collect(),
        in_flight: readings.iter().map(|r| r.in_flight).collect(),
        gauges: judgement.gauges.clone(),
        metrics: judgement.metrics.clone(),
        database_calls_per_request: judgement.database_calls_per_request,
        latency_us: latency(samples),
        seconds: *seconds,
        profile,
        window_bytes_per_request: judgement.window_slope,
        unattributed_share: judgement.unattributed_share,
        sites: judgement.sites.iter().take(SITES_MAX).cloned().collect(),
        answers_sha256: digest(samples, scenario),
        refused: samples.stats.refused,
        errors: samples.stats.errors,
        abandoned: samples.stats.abandoned,
        attempts: samples.attempt,
        pressure: samples.pressure.clone(),
        live_bytes_before_exit: samples.live_before_exit,
        live_bytes_at_exit: samples.live_at_exit,
    }
}

fn latency(samples: &Samples) -> Latency {
    let at = |quantile| samples.stats.latency_us.value_at_quantile(quantile);
    Latency { p50: at(0.5), p99: at(0.99), best_round_p50: samples.best_median_us }
}
