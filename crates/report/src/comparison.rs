//! `comparison.json`: the contract for scripts, reports and docs. Within a schema,
//! fields keep their names; new fields may be added, so readers ignore unknown ones.

use crate::baseline::Gate;
pub use measure::judge::{MetricSlope, SiteGrowth};
pub use measure::{Peak, Pressure, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this contract.
pub const SCHEMA: u32 = 2;

/// A whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Seed for data and requests.
    pub seed: u64,
    /// Whether every lesson is as expected.
    pub as_expected: bool,
    /// Wall clock of the run.
    pub seconds: f64,
    /// What was measured, and on what.
    pub environment: Environment,
    /// Resident bytes of this program at the end of the run; `null` where the system
    /// does not report them. They do not depend on the number of requests.
    pub driver_resident_bytes: Option<u64>,
    /// In the order of the lessons.
    pub lessons: Vec<LessonResult>,
    /// How the run compares with an older one; `null` when none was named.
    pub baseline: Option<Gate>,
}

impl Comparison {
    /// Other load during the run, where it was high.
    pub fn pressure(&self) -> Option<String> {
        let all = self.lessons.iter().flat_map(LessonResult::services);
        let most =
            all.fold(Pressure::default(), |most, (_, r)| most.most(&r.pressure));
        most.load().map(|load| format!("Measured under pressure: {load}."))
    }
}

/// What was measured, and on what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub leaklab: String,
    /// Compiler that built it.
    pub rustc: String,
    /// Cargo profile that built it.
    pub profile: String,
    /// Version of the SDK in the twins.
    pub aws_sdk_dynamodb: String,
    /// `embedded`, or the URL that the user gave.
    pub engine: String,
    /// Whether the run was made with `--quick`.
    pub quick: bool,
    /// Processor cores.
    pub cores: usize,
    /// Operating system and architecture.
    pub system: String,
}

/// A lesson on both twins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LessonResult {
    /// Name of the lesson.
    pub id: String,
    /// `lesson` or `control`.
    pub kind: String,
    /// Claims that it helps to settle.
    pub claims: Vec<String>,
    /// What the memory grows with.
    pub grows_with: String,
    /// How growth shows.
    pub growth: GrowthKind,
    /// What the sizes of a peak count: `items`, `concurrent requests`, `attempts`;
    /// `null` where no peak is measured.
    pub peak_scale: Option<String>,
    /// Whether all verdicts are the expected ones and the responses the same.
    pub as_expected: bool,
    /// Why not, a sentence each; empty when all is as expected.
    pub mismatches: Vec<String>,
    /// Whether both twins gave the same responses; `null` when only one was measured, or
    /// when other load disturbed all rounds of one of them.
    pub same_answers: Option<bool>,
    /// Digest of all responses of the first twin.
    pub answers_sha256: String,
    /// By twin: `leaky`, `fixed`.
    pub twins: BTreeMap<String, TwinResult>,
    /// By name: failed fixes that were measured.
    pub failed_fixes: BTreeMap<String, TwinResult>,
    /// What the fix costs; `null` when only one twin was measured.
    pub cost: Option<Cost>,
}

impl LessonResult {
    /// The twins, `leaky` first, then the failed fixes.
    pub fn services(&self) -> impl Iterator<Item = (&str, &TwinResult)> {
        // The other names sort before `leaky`.
        let twins = self.twins.iter().rev();
        twins.chain(&self.failed_fixes).map(|(name, twin)| (name.as_str(), twin))
    }

    /// Both twins, `leaky` first.
    pub fn both(&self) -> impl Iterator<Item = (&str, &TwinResult)> {
        self.twins.iter().rev().map(|(name, twin)| (name.as_str(), twin))
    }
}

/// How the growth of a lesson shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrowthKind {
    /// Live bytes rise from round to round.
    Slope,
    /// The peak of live bytes follows the size of the input.
    Peak,
    /// Live bytes return after a burst, but resident memory stays high.
    Burst,
}

impl From<measure::Growth> for GrowthKind {
    fn from(growth: measure::Growth) -> Self {
        match growth {
            measure::Growth::Slope { .. } => Self::Slope,
            measure::Growth::Peak { .. } => Self::Peak,
            measure::Growth::Burst { .. } => Self::Burst,
        }
    }
}

/// A lesson on one twin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TwinResult {
    /// The verdict.
    pub verdict: Verdict,
    /// Live bytes per request.
    pub slope_bytes_per_request: f64,
    /// 95 % confidence interval of the slope.
    pub ci95: [f64; 2],
    /// The smallest slope that this run could have told from its noise.
    pub detection_limit_bytes_per_request: f64,
    /// Requests in each round.
    pub requests_per_round: u64,
    /// At rest after each round, without the warm-up.
    pub live_bytes: Vec<u64>,
    /// Most live bytes during the rounds.
    pub peak_bytes: u64,
    /// Peaks by size of the input; empty where no peak is measured.
    pub peaks: Vec<Peak>,
    /// The `e` of peak ~ size^e; `null` where no peak is measured.
    pub peak_exponent: Option<f64>,
    /// Resident bytes before the first request.
    pub resident_before_bytes: Option<u64>,
    /// After each round; `null` where the system does not report them.
    pub resident_bytes: Vec<Option<u64>>,
    /// After each round; `null` where the system does not report them.
    pub open_files: Vec<Option<u64>>,
    /// TCP sockets by state after each round; `null` where the system does not report
    /// them.
    pub sockets: Vec<Option<BTreeMap<String, u64>>>,
    /// Background tasks alive after each round.
    pub tasks: Vec<u64>,
    /// Requests in flight after each round.
    pub in_flight: Vec<u64>,
    /// Gauges of the service, by name, after each round.
    pub gauges: BTreeMap<String, Vec<u64>>,
    /// Numbers beside the heap that belong to this lesson.
    pub metrics: Vec<MetricSlope>,
    /// Calls to the database per request, retries included; `null` where the service
    /// does not count them.
    pub database_calls_per_request: Option<f64>,
    /// Time to the end of a response in the rounds.
    pub latency_us: Latency,
    /// Wall clock of this twin's part.
    pub seconds: f64,
    /// dhat's profile, relative to this file; `null` where `--quick` needed none.
    pub profile: Option<String>,
    /// Live bytes that the last dhat window added, per request, by the exact counters.
    pub window_bytes_per_request: f64,
    /// Growth that no in-app site holds, as a share of all; `null` when nothing grew.
    pub unattributed_share: Option<f64>,
    /// What holds the growth, largest first.
    pub sites: Vec<SiteGrowth>,
    /// Digest of all responses.
    pub answers_sha256: String,
    /// Responses that refused work: 503 with `Retry-After`.
    pub refused: u64,
    /// Responses with status 400 and above.
    pub errors: u64,
    /// Requests whose client gave up before there was a response.
    pub abandoned: u64,
    /// Attempts until one was conclusive; the figures are those of the last.
    pub attempts: u64,
    /// Other load on the machine during the measurement.
    #[serde(default)]
    pub pressure: Pressure,
    /// Live bytes after the last window, before the service was asked to stop; `null`
    /// where `live_bytes_at_exit` was not asked for.
    pub live_bytes_before_exit: Option<u64>,
    /// Live bytes when the service had ended in order, server and state dropped: what
    /// tools that look at exit can still see. `null` with `--quick`, and where requests
    /// or background work kept the service from ending.
    pub live_bytes_at_exit: Option<u64>,
}

impl TwinResult {
    /// Whether its peak is judged rather than its slope.
    pub fn is_peak(&self) -> bool {
        !self.peaks.is_empty()
    }

    /// What must be known beside the verdict: further attempts, and what was sent again.
    pub fn circumstances(&self) -> Option<String> {
        let attempts =
            (self.attempts > 1).then(|| format!("{} attempts", self.attempts));
        let all: Vec<_> =
            attempts.into_iter().chain(self.pressure.repeats()).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// Times of responses in microseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Latency {
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// The lowest of the rounds' medians: the one least disturbed by other load.
    pub best_round_p50: u64,
}

/// What a fix costs beside memory.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cost {
    /// Calls to the database per request, `fixed` over `leaky`; `null` where one of
    /// them does not count, or `leaky` makes fewer than one in two requests.
    pub database_calls_ratio: Option<f64>,
    /// Median latency of the best round, `fixed` over `leaky`; `null` where clients
    /// gave up or were refused, because that is other work.
    pub latency_ratio: Option<f64>,
}
