//! From two dhat windows to the call stacks that hold the growth.

use crate::measure::Protocol;
use crate::measure::recording::Window;
use heap::profile::{Moment, Site};
use report::comparison::SiteResult;

/// Sites that are listed. More would be noise.
pub(super) const SITES_MAX: usize = 10;

/// Frames of a site that are listed: from the allocation to the lesson and a little
/// beyond.
const FRAMES_MAX: usize = 40;

/// Frames in files below this path are the lesson's own.
const OWN_PATH: &str = "src/lessons/";

/// What grew from the first window to the second: per request more, or, where the law
/// is a peak, at the peak of the larger load.
pub(super) fn sites(
    protocol: &Protocol,
    windows: Option<&[Window; 2]>,
) -> Vec<SiteResult> {
    let Some([first, second]) = windows else { return Vec::new() };
    let own = |place: &str| place.contains(OWN_PATH);
    let (moment, requests) = match protocol.scale() {
        None => (Moment::End, second.requests - first.requests),
        Some(_) => (Moment::Peak, 1),
    };
    let sites = second.profile.growth_since(&first.profile, moment, own);
    let total: i64 = sites.iter().map(|site| site.bytes.max(0)).sum();
    sites
        .into_iter()
        .map(|site| SiteResult {
            fingerprint: site.fingerprint.clone(),
            share: site.bytes as f64 / total.max(1) as f64,
            bytes_per_request: site.bytes as f64 / requests.max(1) as f64,
            culprit: culprit(protocol, &site),
            frames: site
                .frames
                .iter()
                .take(FRAMES_MAX)
                .map(ToString::to_string)
                .collect(),
            lesson_frame: site.own_frame.map(|frame| frame.place),
        })
        .collect()
}

/// The culprit of the registry through whose code a site without a line of the lesson
/// allocates.
fn culprit(protocol: &Protocol, site: &Site) -> Option<String> {
    let through = |culprit: &&&str| {
        site.frames.iter().any(|frame| frame.to_string().contains(**culprit))
    };
    let culprits =
        protocol.lesson.culprits.iter().filter(|_| site.own_frame.is_none());
    culprits.into_iter().find(through).map(|culprit| (*culprit).to_owned())
}

/// What no named site holds, of the growth that all sites show or, where that is more,
/// of the slope that the exact counters saw in the rounds.
pub(super) fn unattributed(sites: &[SiteResult], slope: f64) -> f64 {
    let named =
        |site: &&SiteResult| site.lesson_frame.is_some() || site.culprit.is_some();
    let sum = |sites: &mut dyn Iterator<Item = &SiteResult>| -> f64 {
        sites.map(|site| site.bytes_per_request).sum()
    };
    let all = sum(&mut sites.iter()).max(slope);
    let named = sum(&mut sites.iter().filter(named));
    if all > 0.0 { (1.0 - named / all).max(0.0) } else { 0.0 }
}
