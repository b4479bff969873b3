//! The sites of a service by fingerprint, and which of them count.

use crate::comparison::{SiteGrowth, TwinResult};
use std::collections::BTreeMap;

/// A site counts from this share of its twin's growth. A verdict may leave as much
/// unattributed, and a buffer that a window caught by chance can be as large as a site
/// below it.
const SHARE_MIN: f64 = 0.1;

/// What one fingerprint holds.
pub(super) struct Site<'a> {
    pub(super) bytes: f64,
    pub(super) share: f64,
    /// The largest, where several lines have one fingerprint.
    pub(super) largest: &'a SiteGrowth,
    /// Whether it exceeds the detection limit.
    pub(super) grows: bool,
    /// Whether it may fail a job.
    pub(super) counts: bool,
}

/// A twin or failed fix in one of the runs.
pub(super) struct Service<'a> {
    pub(super) result: &'a TwinResult,
    /// Empty where it does not grow. The verdict rests on exact counters over all
    /// rounds; the short windows alone would blame any buffer that they caught.
    pub(super) sites: BTreeMap<&'a str, Site<'a>>,
    /// What the exact counters saw of the growth that sites are parts of: the slope,
    /// or what the second size holds more than the first at its peak.
    pub(super) exact: f64,
}

impl<'a> Service<'a> {
    pub(super) fn of(result: &'a TwinResult) -> Self {
        let exact = match result.peaks[..] {
            [first, second, ..] => {
                second.peak_bytes as f64 - first.peak_bytes as f64
            }
            _ => result.slope_bytes_per_request,
        };
        let mut sites = BTreeMap::<&str, Site<'_>>::new();
        let growing = result.verdict.is_growth();
        for site in result.sites.iter().filter(|_| growing) {
            let none = Site {
                bytes: 0.0,
                share: 0.0,
                largest: site,
                grows: false,
                counts: false,
            };
            let sum = sites.entry(&site.fingerprint).or_insert(none);
            sum.bytes += site.bytes_per_request;
            sum.share += site.share;
            if site.bytes_per_request > sum.largest.bytes_per_request {
                sum.largest = site;
            }
        }
        let limit = result.detection_limit_bytes_per_request;
        let chance = in_windows(result) - exact + limit;
        for site in sites.values_mut() {
            site.grows = site.bytes > limit;
            site.counts =
                site.grows && site.share >= SHARE_MIN && site.bytes > chance;
        }
        Self { result, sites, exact }
    }
}

/// All growth that the windows saw. What exceeds the exact figure came by chance, or may
/// have: a queue or a map that doubles during a window is in the window alone.
fn in_windows(result: &TwinResult) -> f64 {
    let growing = result.sites.iter().find(|site| site.share > 0.0);
    growing.map_or(0.0, |site| site.bytes_per_request / site.share)
}
