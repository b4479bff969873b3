//! From two dhat windows to the allocation sites that hold the growth.

use crate::samples::Samples;
use crate::scenario::Scenario;
use profile::{InApp, Moment, SiteChange};
use serde::{Deserialize, Serialize};

/// Frames of a site that are kept: from the allocation to the application and a little
/// beyond.
const FRAMES_MAX: usize = 40;

/// Call stacks that hold memory together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SiteGrowth {
    /// The same in every run, and after edits that move lines.
    pub fingerprint: String,
    /// Share of all growth between the two windows.
    pub share: f64,
    /// Growth per request. For a peak: how many bytes more it holds at the peak of the
    /// larger size.
    pub bytes_per_request: f64,
    /// Blocks more in the second window; 0 in a result that was read from a file.
    #[serde(skip)]
    pub blocks: i64,
    /// File and line of the innermost in-app frame.
    pub in_app_frame: Option<String>,
    /// Where there is none: the expected site through which it allocates.
    pub expected_site: Option<String>,
    /// The call stack that holds most of it, innermost first.
    pub frames: Vec<String>,
}

impl SiteGrowth {
    /// Where it is: the in-app line, else the innermost frame.
    pub fn place(&self) -> &str {
        place(self.in_app_frame.as_deref(), &self.frames)
    }

    /// Whether it explains the growth: by an in-app line, or by code that the scenario
    /// expects.
    pub fn is_explained(&self) -> bool {
        self.in_app_frame.is_some() || self.expected_site.is_some()
    }
}

/// A site's place from what is known about it.
pub fn place<'a>(in_app_frame: Option<&'a str>, frames: &'a [String]) -> &'a str {
    let innermost = || frames.first().map(String::as_str);
    in_app_frame.or_else(innermost).unwrap_or("a call stack without frames")
}

/// A site that gained at most this many blocks is a table that grew, and no entries.
const TABLE_BLOCKS: i64 = 2;
/// It holds at least this share: its line is one of those to look at.
const TABLE_SHARE: f64 = 0.05;

/// In-app lines that allocate a smaller share may be noise.
pub(crate) const SHARE_MIN: f64 = 0.005;

/// Puts in-app lines first. Libraries allocate a request or a read buffer for in-app code,
/// which keeps it: its own lines beside it may be small.
pub fn in_app_first(sites: &mut [SiteGrowth]) {
    let library =
        |site: &SiteGrowth| site.in_app_frame.is_none() || site.share < SHARE_MIN;
    sites.sort_by_key(library);
}

/// What grew from the first window to the second, largest first.
pub(crate) fn sites(samples: &Samples, scenario: &Scenario) -> Vec<SiteGrowth> {
    let Some(window) = samples.windows.last() else { return Vec::new() };
    let asked = scenario.in_app.as_deref();
    let in_app = asked.map_or_else(|| InApp::guess(&window.profile), InApp::below);
    sites_in(samples, scenario, &in_app)
}

/// The same, with these in-app frames.
pub(crate) fn sites_in(
    samples: &Samples,
    scenario: &Scenario,
    in_app: &InApp,
) -> Vec<SiteGrowth> {
    let [first, second] = &samples.windows[..] else { return Vec::new() };
    let (moment, requests) = match scenario.is_peak() {
        false => (Moment::End, second.requests - first.requests),
        true => (Moment::Peak, 1),
    };
    let sites = second.profile.growth_since(&first.profile, moment, in_app);
    let total: i64 = sites.iter().map(|site| site.bytes.max(0)).sum();
    let growth = |site: SiteChange| SiteGrowth {
        share: site.bytes as f64 / total.max(1) as f64,
        bytes_per_request: site.bytes as f64 / requests.max(1) as f64,
        blocks: site.blocks,
        expected_site: expected_site(scenario, &site),
        frames: site.frames.into_iter().take(FRAMES_MAX).collect(),
        in_app_frame: site.in_app,
        fingerprint: site.fingerprint,
    };
    sites.into_iter().map(growth).collect()
}

/// The expected site through which a site without an in-app frame allocates.
fn expected_site(scenario: &Scenario, site: &SiteChange) -> Option<String> {
    if site.in_app.is_some() {
        return None;
    }
    let through =
        |part: &&&str| site.frames.iter().any(|frame| frame.contains(**part));
    scenario.expected_sites.iter().find(through).map(|part| (*part).to_owned())
}

/// The share of the growth between the windows that no in-app and no expected site
/// holds. The growth is that of all sites or, where that is more, of the exact counters.
/// It is not that of the rounds: a table that doubled there is in no window.
pub(super) fn unattributed(sites: &[SiteGrowth], samples: &Samples) -> f64 {
    let bytes = |site: &SiteGrowth| site.bytes_per_request;
    let all: f64 = sites.iter().map(bytes).sum();
    let known: f64 =
        sites.iter().filter(|site| site.is_explained()).map(bytes).sum();
    let counted = match &samples.windows[..] {
        [first, second] if second.requests > first.requests => {
            let requests = second.requests - first.requests;
            (second.growth - first.growth) as f64 / requests as f64
        }
        _ => 0.0,
    };
    let all = all.max(counted);
    if all > 0.0 { (1.0 - known / all).max(0.0) } else { 0.0 }
}

/// Bytes per request that these sites gained.
pub(crate) fn gained<'a>(sites: impl Iterator<Item = &'a SiteGrowth>) -> f64 {
    sites.map(|site| site.bytes_per_request.max(0.0)).sum()
}

/// Two windows whose difference is less than this share of the growth don't show it.
pub(crate) const WINDOWS_SHOW: f64 = 0.25;

/// Whether these changes from one window to the next show a growth of `slope` bytes per
/// request.
pub(crate) fn show(sites: &[SiteGrowth], slope: f64) -> bool {
    // A table that doubled in the first window: the second has more entries in less memory.
    let shrank = |site: &SiteGrowth| site.blocks > 0 && site.bytes_per_request < 0.0;
    gained(sites.iter()) >= WINDOWS_SHOW * slope && !sites.iter().any(shrank)
}

/// Reduces what tables gained to what the entries leave of the slope: a table that doubled
/// in the window gained much at once. Returns what all sites gained then.
pub(crate) fn within_slope(sites: &mut [SiteGrowth], slope: f64) -> f64 {
    let is_table = |site: &SiteGrowth| site.blocks.abs() <= TABLE_BLOCKS;
    let entries = gained(sites.iter().filter(|site| !is_table(site)));
    let tables = gained(sites.iter().filter(|site| is_table(site)));
    let left = (slope - entries).max(TABLE_SHARE * slope);
    let scale = (left / tables).min(1.0);
    if tables > 0.0 && scale < 1.0 {
        for table in sites.iter_mut().filter(|site| is_table(site)) {
            table.bytes_per_request *= scale;
        }
        let all = gained(sites.iter()).max(f64::MIN_POSITIVE);
        for site in sites.iter_mut() {
            site.share = site.bytes_per_request / all;
        }
        sites.sort_by(|a, b| b.bytes_per_request.total_cmp(&a.bytes_per_request));
    }
    gained(sites.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(bytes_per_request: f64, blocks: i64) -> SiteGrowth {
        SiteGrowth {
            fingerprint: String::new(),
            share: 0.0,
            bytes_per_request,
            blocks,
            in_app_frame: None,
            expected_site: None,
            frames: Vec::new(),
        }
    }

    #[test]
    fn a_table_that_doubled_has_what_its_entries_leave_of_the_slope() {
        let mut sites = [site(883.0, 0), site(171.0, 400)];
        assert!((within_slope(&mut sites, 199.0) - 199.0).abs() < 1e-9);
        let shown =
            sites.each_ref().map(|site| site.bytes_per_request.round() as u64);
        assert_eq!(shown, [171, 28]);
        assert!((sites[0].share - 171.0 / 199.0).abs() < 1e-9);
        // Nothing but a table grows.
        let mut alone = [site(90.0, 1)];
        assert!((within_slope(&mut alone, 44.0) - 44.0).abs() < 1e-9);
        assert!((alone[0].share - 1.0).abs() < 1e-9);
        // It did not double meanwhile, or did so in the first window.
        assert!(!show(&[site(1.3, 12)], 44.0));
        assert!(!show(&[site(105.0, 2), site(-30.0, 600)], 270.0));
        assert!(show(&[site(105.0, 2), site(-9.0, -1)], 270.0));
        assert!((within_slope(&mut [site(1.3, 12)], 44.0) - 1.3).abs() < 1e-9);
    }
}
