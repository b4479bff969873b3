//! `comparison.json`: the contract for scripts, reports and docs. Fields keep their
//! names; new ones may be added, so readers ignore those that they do not know.

use crate::baseline::Gate;
pub use measure::{Peak, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this contract.
pub const SCHEMA: u32 = 2;

/// A whole run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Names the data and the workload.
    pub seed: u64,
    /// Whether every lesson is as expected.
    pub as_expected: bool,
    /// Wall clock of the run.
    pub seconds: f64,
    /// What was measured, and on what.
    pub environment: Environment,
    /// Resident bytes of this program itself at the end of the run; `null` where the
    /// system does not tell. It does not depend on the number of requests.
    pub driver_resident_bytes: Option<u64>,
    /// In the order of the registry.
    pub lessons: Vec<LessonResult>,
    /// How the run stands against an older one; `null` when none was named.
    #[serde(default)]
    pub baseline: Option<Gate>,
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
    /// Whether a quick look was asked for.
    #[serde(default)]
    pub quick: bool,
    /// Processor cores.
    pub cores: usize,
    /// Operating system and architecture.
    pub system: String,
}

/// A lesson on both twins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LessonResult {
    /// Of the registry.
    pub id: String,
    /// `lesson` or `control`.
    pub kind: String,
    /// Claims that it helps to settle.
    pub claims: Vec<String>,
    /// What the memory grows with.
    pub grows_with: String,
    /// What the sizes of a peak law are sizes of: `items`, `requests at once`,
    /// `attempts`; `null` where the law is no peak.
    #[serde(default)]
    pub peak_scale: Option<String>,
    /// How growth shows: `slope`, `burst` or `peak`.
    pub growth: String,
    /// Whether all verdicts are the expected ones and the answers the same.
    pub as_expected: bool,
    /// Why not, a sentence each; empty when all is as expected.
    pub mismatches: Vec<String>,
    /// Whether both twins gave the same answers; `null` when one was not asked.
    pub same_answers: Option<bool>,
    /// Digest of all answers of the first twin.
    pub answers_sha256: String,
    /// By twin: `leaky`, `fixed`.
    pub twins: BTreeMap<String, TwinResult>,
    /// By name: fixes that do not hold, where they were measured.
    #[serde(default)]
    pub failed_fixes: BTreeMap<String, TwinResult>,
    /// What the fix costs; `null` when one twin was not asked.
    pub cost: Option<Cost>,
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
    /// The smallest slope that this run could have told from its own noise.
    pub detection_limit_bytes_per_request: f64,
    /// Requests in each round.
    pub requests_per_round: u64,
    /// At rest after each round; the warm-up is not among them.
    pub live_bytes: Vec<u64>,
    /// Most live bytes during the rounds.
    pub peak_bytes: u64,
    /// Peaks by size of the input, where the law is a peak.
    pub peaks: Vec<Peak>,
    /// The `e` of peak ~ size^e; `null` where the law is no peak.
    pub peak_exponent: Option<f64>,
    /// Resident bytes before the first request.
    pub resident_before_bytes: Option<u64>,
    /// After each round; `null` where the system does not tell.
    pub resident_bytes: Vec<Option<u64>>,
    /// After each round; `null` where the system does not tell.
    pub open_files: Vec<Option<u64>>,
    /// TCP sockets by state after each round; `null` where the system does not tell.
    pub sockets: Vec<Option<BTreeMap<String, u64>>>,
    /// Background tasks alive after each round.
    pub tasks: Vec<u64>,
    /// Requests under way after each round.
    pub in_flight: Vec<u64>,
    /// Numbers that the service itself keeps, by name, after each round.
    pub gauges: BTreeMap<String, Vec<u64>>,
    /// Numbers beside the heap that belong to this lesson.
    pub metrics: Vec<MetricResult>,
    /// Calls to the database for each request, retries included; `null` where the
    /// service does not count them.
    pub database_calls_per_request: Option<f64>,
    /// Whole answers in the rounds.
    pub latency_us: Latency,
    /// Wall clock of this twin's part.
    pub seconds: f64,
    /// dhat's profile, relative to this file; `null` where a quick look needed none.
    pub profile: Option<String>,
    /// Live bytes that came in the dhat window, per request, by the exact counters.
    pub window_bytes_per_request: f64,
    /// Growth that no site in the service's own code holds, as a share of all;
    /// `null` when nothing grew.
    pub unattributed_share: Option<f64>,
    /// What holds the growth, largest first.
    pub sites: Vec<SiteResult>,
    /// Digest of all answers.
    pub answers_sha256: String,
    /// Answers that refused work: 503 with `Retry-After`.
    pub refused: u64,
    /// Answers of status 400 and above.
    pub errors: u64,
    /// Requests whose client gave up before there was an answer.
    pub abandoned: u64,
    /// Sets of rounds until one told; the figures are those of the last.
    pub attempts: u64,
    /// Live bytes after the last window, before the service was asked to stop; `null`
    /// where `live_bytes_at_exit` was not asked for.
    #[serde(default)]
    pub live_bytes_before_exit: Option<u64>,
    /// Live bytes at the service's orderly end, server and state dropped: what tools that
    /// look at exit can still see. `null` after a quick look, and where requests or
    /// background work kept the service from ending.
    #[serde(default)]
    pub live_bytes_at_exit: Option<u64>,
}

/// A number beside the heap.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MetricResult {
    /// What is counted.
    pub name: String,
    /// By how much it rises with each request.
    pub per_request: f64,
}

/// Times of answers in microseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Latency {
    /// Median.
    pub p50: u64,
    /// 99th percentile.
    pub p99: u64,
    /// The lowest of the rounds' medians: the one that others disturbed least.
    pub best_round_p50: u64,
}

/// What a fix costs beside memory.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cost {
    /// Calls to the database for each request, `fixed` over `leaky`; `null` where one
    /// of them does not count, or `leaky` makes fewer than one in two requests.
    pub database_calls_ratio: Option<f64>,
    /// Median time of an answer in the best round, `fixed` over `leaky`; `null` where
    /// clients gave up or were refused, because that is other work.
    pub latency_ratio: Option<f64>,
}

/// Call stacks that hold memory together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SiteResult {
    /// The same in every run, and after edits that move lines; empty in files of
    /// versions that knew none.
    #[serde(default)]
    pub fingerprint: String,
    /// Of all growth between the two dhat windows.
    pub share: f64,
    /// Growth per request. Where the law is a peak: bytes that it holds more at the
    /// peak of a request for the second size than of one for the first.
    pub bytes_per_request: f64,
    /// Innermost line of a lesson, or `null`.
    pub in_app_frame: Option<String>,
    /// Where there is none: the code, known beforehand, that allocates for the lesson.
    pub expected_site: Option<String>,
    /// The call stack that holds most of it, innermost first.
    pub frames: Vec<String>,
}

impl SiteResult {
    /// Where it is: the line of the lesson, else the innermost frame.
    pub fn place(&self) -> &str {
        place(self.in_app_frame.as_deref(), &self.frames)
    }
}

/// A site's place from what is known about it.
pub(crate) fn place<'a>(
    in_app_frame: Option<&'a str>,
    frames: &'a [String],
) -> &'a str {
    let innermost = || frames.first().map(String::as_str);
    in_app_frame.or_else(innermost).unwrap_or("a call stack without frames")
}
