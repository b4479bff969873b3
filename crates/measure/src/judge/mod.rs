//! From samples to a judgement: what grows, what holds it, and what is not as expected.
//!
//! [`judge()`] is a pure function. Nothing outside this module decides whether memory
//! grows. Every threshold has its reason beside it.

mod growth;
mod sites;
mod metrics;
mod mismatch;
pub mod pair;
pub mod trend;
#[cfg(test)]
mod tests;

pub use growth::{falls, limit_max, requests_needed, rounds_grow};
pub use metrics::{MetricSlope, OUTSIDE, c_heap, rises};
pub(crate) use sites::{
    SHARE_MIN, WINDOWS_SHOW, show, sites, sites_in, within_slope,
};
pub use sites::{SiteGrowth, in_app_first, place};

use crate::samples::Samples;
use crate::scenario::{Scenario, Verdict};
use crate::statistics::Line;
use std::collections::BTreeMap;

/// More growth without a known site calls for another attempt: a pooled connection that
/// opened in the second window, 8 to 32 KB, is a tenth of a window of the smallest lessons.
const UNATTRIBUTED_MAX: f64 = 0.1;

/// What a measurement says.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Whether memory grows.
    pub verdict: Verdict,
    /// The line through live bytes against requests.
    pub line: Line,
    /// Bytes per request of the smallest slope that these samples could have shown.
    pub detection_limit: f64,
    /// Bytes per request that the dhat windows added, by the exact counters.
    pub window_slope: f64,
    /// The `e` of peak ~ size^e; `None` where no peak was measured.
    pub peak_exponent: Option<f64>,
    /// Allocation sites that hold the growth, largest first.
    pub sites: Vec<SiteGrowth>,
    /// Share of the growth that neither in-app nor expected sites hold; `None` when
    /// nothing grows.
    pub unattributed_share: Option<f64>,
    /// The scenario's metrics. One that this system does not report is left out.
    pub metrics: Vec<MetricSlope>,
    /// Every gauge of the service, by name, after each round.
    pub gauges: BTreeMap<String, Vec<u64>>,
    /// Database calls per request, retries included; `None` where they are not counted.
    pub database_calls_per_request: Option<f64>,
    /// What is not as the scenario expects, a clause each, without the service's name.
    pub mismatches: Vec<String>,
}

/// Judges the samples of one service.
pub fn judge(samples: &Samples, scenario: &Scenario) -> Judgement {
    let growth = growth::of(samples, scenario);
    let sites = sites(samples, scenario);
    let metrics = metrics::metrics(samples, scenario);
    let unattributed_share =
        growth.verdict.is_growth().then(|| sites::unattributed(&sites, samples));
    Judgement {
        mismatches: mismatch::all(samples, scenario, &growth, &metrics),
        verdict: growth.verdict,
        line: growth.line,
        detection_limit: growth.detection_limit,
        window_slope: growth::window_slope(samples),
        peak_exponent: growth.peak_exponent,
        sites,
        unattributed_share,
        metrics,
        gauges: metrics::gauges(samples),
        database_calls_per_request: metrics::database_calls(samples, scenario),
    }
}

impl Judgement {
    /// Whether another attempt could not say more: there is a verdict, and growth has
    /// a site.
    pub fn is_conclusive(&self, scenario: &Scenario) -> bool {
        let attributed = self.unattributed_share.unwrap_or(0.0) <= UNATTRIBUTED_MAX;
        self.verdict != Verdict::Inconclusive && (scenario.quick || attributed)
    }
}
