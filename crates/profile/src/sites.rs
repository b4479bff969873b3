//! Allocation sites: call stacks grouped by the line that asks for memory.

use crate::counts::{Counts, Moment};
use crate::frame::FrameRef;
use crate::grouping::{Group, fingerprints};
use crate::in_app::InApp;
use crate::reading::Profile;
use std::cmp::Reverse;

/// An allocation site and everything counted for it.
#[derive(Debug, Clone)]
pub struct Site {
    /// Sixteen hexadecimal digits, the same in every run and build of a program, and
    /// after edits that move lines.
    pub fingerprint: String,
    /// Whether the function is in-app.
    pub in_app: bool,
    /// The innermost in-app function, or else the innermost one outside the standard
    /// library; empty when the profile knows no frame.
    pub function: String,
    /// Its file and line, or empty when unknown.
    pub place: String,
    /// The function through which the site asks, without its path.
    pub callee: String,
    /// The sum over its call stacks.
    pub counts: Counts,
}

/// What a site holds more in one profile than in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteChange {
    /// The fingerprint of the [`Site`].
    pub fingerprint: String,
    /// Bytes gained; negative when the site shrank.
    pub bytes: i64,
    /// Blocks gained.
    pub blocks: i64,
    /// File and line of the site, if it is in-app.
    pub in_app: Option<String>,
    /// The call stack that holds most of it, innermost frame first, without the
    /// allocator and the standard library at its beginning.
    pub frames: Vec<String>,
}

impl Profile {
    /// Every site, in the order of their places.
    pub fn sites(&self, in_app: &InApp) -> Vec<Site> {
        let groups = self.grouped(Moment::End, in_app);
        let fingerprints = fingerprints(&groups, &self.program());
        let sites = groups.into_iter().zip(fingerprints);
        let sites = sites.map(|((key, group), fingerprint)| {
            let FrameRef { function, place } = group.anchor.unwrap_or_default();
            Site {
                fingerprint,
                in_app: key.in_app,
                function: function.to_owned(),
                place: place.to_owned(),
                callee: group.callees.foremost().to_owned(),
                counts: group.counts,
            }
        });
        sites.collect()
    }

    /// What each site holds more here than in an `earlier` profile of the same
    /// process, largest growth first. What is merely replaced, such as a connection's
    /// buffer, is in both and cancels out. What grows with the requests stays, if this
    /// window had more of them.
    pub fn growth_since(
        &self,
        earlier: &Self,
        moment: Moment,
        in_app: &InApp,
    ) -> Vec<SiteChange> {
        let before = earlier.grouped(moment, in_app);
        let after = self.grouped(moment, in_app);
        // A line has the same name in both windows: all its callees decide on it.
        let mut both = after.clone();
        for (key, group) in &before {
            let known = both.entry(key.clone()).or_insert_with(|| group.clone());
            known.callees.join(&group.callees);
        }
        let fingerprints = fingerprints(&both, &self.program());
        let mut growth = Vec::new();
        for (key, fingerprint) in both.keys().zip(fingerprints) {
            let [old, new] = [before.get(key), after.get(key)];
            let (bytes, blocks) = change(old, new, moment);
            let shown = new.map(|group| (self, group));
            let shown = shown.or_else(|| old.map(|group| (earlier, group)));
            // A site that holds nothing counted in the order of lines; now it goes.
            let Some((profile, group)) = shown.filter(|_| bytes != 0) else {
                continue;
            };
            let anchor = group.anchor.filter(|_| key.in_app);
            growth.push(SiteChange {
                fingerprint,
                bytes,
                blocks,
                in_app: anchor.map(|frame| frame.place.to_owned()),
                frames: profile.frames(group.stack),
            });
        }
        // A stable sort: two equal profiles give the same list.
        growth.sort_by_key(|growth| Reverse(growth.bytes));
        growth
    }
}

/// Bytes and blocks that a site gained.
fn change(
    before: Option<&Group<'_>>,
    after: Option<&Group<'_>>,
    moment: Moment,
) -> (i64, i64) {
    let [before, after] = [before, after].map(|group| {
        group.map(|group| group.counts).unwrap_or_default().held(moment)
    });
    let more = |before: u64, after: u64| after.wrapping_sub(before).cast_signed();
    (more(before.0, after.0), more(before.1, after.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{edited, profile};

    #[test]
    fn stacks_that_share_an_in_app_line_are_one_site() {
        let sites = profile().sites(&InApp::lessons());
        let held: Vec<_> = sites
            .iter()
            .map(|site| (site.in_app, site.counts.end_bytes, site.counts.end_blocks))
            .collect();
        assert_eq!(held, [(false, 40, 4), (true, 80, 6)]);
        assert_eq!(sites[1].place, "src/lessons/keep.rs:42");
        assert_eq!(sites[1].function, "leaky::lessons::keep::{{closure}}");
    }

    #[test]
    fn sites_add_up_to_the_whole_profile() {
        let profile = profile();
        let mut sum = Counts::default();
        for site in profile.sites(&InApp::below("nowhere")) {
            sum += site.counts;
        }
        assert_eq!((sum, sum.end_bytes), (profile.totals(), 120));
    }

    #[test]
    fn what_is_replaced_cancels_out_between_two_windows_and_growth_stays() {
        let later =
            edited(&[("\"eb\": 50, \"ebk\": 5", "\"eb\": 130, \"ebk\": 13")]);
        let in_app = InApp::lessons();
        let growth = later.growth_since(&profile(), Moment::End, &in_app);
        assert_eq!(growth.len(), 1);
        assert_eq!((growth[0].bytes, growth[0].blocks), (80, 8));
        assert!(growth[0].frames[0].ends_with(" (src/lessons/keep.rs:42)"));
        let shrunk = profile().growth_since(&later, Moment::End, &in_app);
        assert_eq!(shrunk[0].bytes, -80);
        assert_eq!(shrunk[0].fingerprint, growth[0].fingerprint);
    }

    #[test]
    fn a_peak_is_compared_by_what_was_live_then() {
        let peak = "\"gb\": 70, \"gbk\": 7";
        let later = edited(&[(peak, "\"gb\": 270, \"gbk\": 27")]);
        let growth = later.growth_since(&profile(), Moment::Peak, &InApp::lessons());
        assert_eq!((growth[0].bytes, growth[0].in_app.as_ref()), (200, None));
        assert!(growth[0].frames[0].ends_with(" (bytes/src/bytes_mut.rs:7)"));
    }
}
