//! The sites of a run by fingerprint, and which of them count.

use crate::comparison::{Comparison, SiteResult, TwinResult, Verdict};
use std::collections::BTreeMap;

/// A site counts from this share of its twin's growth. A verdict may leave as much
/// unexplained (`measure/verdict.rs`, `UNATTRIBUTED_MAX`), and below it a buffer that
/// came during one window by chance is as large as a site.
const SHARE_MIN: f64 = 0.1;

/// A twin or a variant in a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name<'a> {
    pub(super) lesson: &'a str,
    pub(super) twin: &'a str,
}

pub(super) type Services<'a> = BTreeMap<Name<'a>, &'a TwinResult>;

pub(super) fn services(comparison: &Comparison) -> Services<'_> {
    let mut services = BTreeMap::new();
    for lesson in &comparison.lessons {
        for (twin, result) in lesson.twins.iter().chain(&lesson.failed_fixes) {
            services.insert(Name { lesson: &lesson.id, twin }, result);
        }
    }
    services
}

/// The first lesson with a growing site that has no fingerprint.
pub(super) fn nameless(comparison: &Comparison) -> Option<&str> {
    let services = services(comparison);
    let nameless = |twin: &TwinResult| {
        grows(twin) && twin.sites.iter().any(|site| site.fingerprint.is_empty())
    };
    let found = services.into_iter().find(|(_, twin)| nameless(twin));
    found.map(|(name, _)| name.lesson)
}

/// Sites of a twin that does not grow are what is left of noise. The verdict rests on
/// exact counters over all rounds; the windows, from which sites are, are short, and
/// alone would blame whatever buffer came in them.
pub(super) fn grows(twin: &TwinResult) -> bool {
    matches!(twin.verdict, Verdict::Leaks | Verdict::Grows)
}

/// What one fingerprint holds.
pub(super) struct Held<'a> {
    pub(super) bytes: f64,
    pub(super) share: f64,
    /// The largest, where several lines have one fingerprint.
    pub(super) largest: &'a SiteResult,
}

impl Held<'_> {
    /// Whether it may fail a job.
    pub(super) fn counts(&self, twin: &TwinResult) -> bool {
        self.grows_in(twin) && self.share >= SHARE_MIN && self.bytes > chance(twin)
    }

    /// What is within the detection limit, this run could not tell from its noise.
    pub(super) fn grows_in(&self, twin: &TwinResult) -> bool {
        grows(twin) && self.bytes > twin.detection_limit_bytes_per_request
    }
}

/// What the exact counters saw of that growth of which sites are the parts: the slope
/// over all rounds or, where the law is a peak, what the second size holds more than
/// the first.
pub(super) fn exact(twin: &TwinResult) -> f64 {
    match twin.peaks[..] {
        [first, second, ..] => second.peak_bytes as f64 - first.peak_bytes as f64,
        _ => twin.slope_bytes_per_request,
    }
}

/// A site that is no larger than this came by chance, or may have: without it the others
/// explain what the exact counters saw, as far as these can tell. A queue or a map that
/// doubles during a window is in the window alone.
fn chance(twin: &TwinResult) -> f64 {
    let growing = twin.sites.iter().find(|site| site.share > 0.0);
    let all = growing.map_or(0.0, |site| site.bytes_per_request / site.share);
    all - exact(twin) + twin.detection_limit_bytes_per_request
}

/// The sites of a twin by fingerprint; empty where it does not grow.
pub(super) fn held(twin: &TwinResult) -> BTreeMap<&str, Held<'_>> {
    let mut all = BTreeMap::<&str, Held<'_>>::new();
    for site in twin.sites.iter().filter(|_| grows(twin)) {
        let none = || Held { bytes: 0.0, share: 0.0, largest: site };
        let held = all.entry(&site.fingerprint).or_insert_with(none);
        held.bytes += site.bytes_per_request;
        held.share += site.share;
        if site.bytes_per_request > held.largest.bytes_per_request {
            held.largest = site;
        }
    }
    all
}
