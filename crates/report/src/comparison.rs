//! `comparison.json`, the contract for scripts, reports and docs.
//!
#![doc = include_str!("../../../docs/comparison-json.md")]
#![expect(missing_docs, reason = "the document above explains every field")]

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
    pub schema: u32,
    pub seed: u64,
    pub as_expected: bool,
    pub seconds: f64,
    #[serde(default)]
    pub measured_at: String,
    pub environment: Environment,
    pub driver_resident_bytes: Option<u64>,
    pub lessons: Vec<LessonResult>,
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

    /// The lessons that are not as expected.
    pub fn unexpected(&self) -> impl Iterator<Item = &LessonResult> {
        self.lessons.iter().filter(|lesson| !lesson.as_expected)
    }

    /// The lesson with this id.
    pub fn lesson(&self, id: &str) -> Option<&LessonResult> {
        self.lessons.iter().find(|lesson| lesson.id == id)
    }
}

/// What was measured, and on what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Environment {
    pub leaklab: String,
    pub rustc: String,
    pub profile: String,
    pub aws_sdk_dynamodb: String,
    pub engine: String,
    pub quick: bool,
    pub cores: usize,
    pub system: String,
}

/// A lesson on both twins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LessonResult {
    pub id: String,
    pub kind: String,
    pub claims: Vec<String>,
    pub grows_with: String,
    pub growth: GrowthKind,
    pub peak_scale: Option<String>,
    pub as_expected: bool,
    pub mismatches: Vec<String>,
    pub same_answers: Option<bool>,
    pub answers_sha256: String,
    pub twins: BTreeMap<String, TwinResult>,
    pub failed_fixes: BTreeMap<String, TwinResult>,
    pub cost: Option<Cost>,
}

impl LessonResult {
    /// The twins, `leaky` first, then the failed fixes.
    pub fn services(&self) -> impl Iterator<Item = (&str, &TwinResult)> {
        // The other names sort before `leaky`.
        let twins = self.twins.iter().rev();
        twins.chain(&self.failed_fixes).map(|(name, twin)| (name.as_str(), twin))
    }

    /// `leaky` and the site that explains most of its growth, if it grows.
    pub fn leak(&self) -> Option<(&TwinResult, &SiteGrowth)> {
        let leaky =
            self.twins.get("leaky").filter(|twin| twin.verdict.is_growth())?;
        Some((leaky, leaky.sites.iter().find(|site| site.is_explained())?))
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
    pub verdict: Verdict,
    pub slope_bytes_per_request: f64,
    pub ci95: [f64; 2],
    pub detection_limit_bytes_per_request: f64,
    pub requests_per_round: u64,
    pub live_bytes: Vec<u64>,
    pub peak_bytes: u64,
    pub peaks: Vec<Peak>,
    pub peak_exponent: Option<f64>,
    pub resident_before_bytes: Option<u64>,
    pub resident_bytes: Vec<Option<u64>>,
    pub open_files: Vec<Option<u64>>,
    pub sockets: Vec<Option<BTreeMap<String, u64>>>,
    pub tasks: Vec<u64>,
    pub in_flight: Vec<u64>,
    pub gauges: BTreeMap<String, Vec<u64>>,
    pub metrics: Vec<MetricSlope>,
    pub database_calls_per_request: Option<f64>,
    pub latency_us: Latency,
    pub seconds: f64,
    pub profile: Option<String>,
    pub window_bytes_per_request: f64,
    pub unattributed_share: Option<f64>,
    pub sites: Vec<SiteGrowth>,
    pub answers_sha256: String,
    pub refused: u64,
    pub errors: u64,
    pub abandoned: u64,
    pub attempts: u64,
    #[serde(default)]
    pub pressure: Pressure,
    pub live_bytes_before_exit: Option<u64>,
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
    pub p50: u64,
    pub p99: u64,
    pub best_round_p50: u64,
}

/// What a fix costs beside memory.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Cost {
    pub database_calls_ratio: Option<f64>,
    pub latency_ratio: Option<f64>,
}
