//! Call stacks put together to sites: the lines that hold memory.

use super::counts::{Counts, Moment};
use super::frame::{Frame, FrameRef};
use super::grouping::{Group, Key, fingerprints};
use super::reading::Profile;
use std::collections::BTreeMap;

/// Call stacks that belong together, and what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Sixteen hexadecimal digits, the same in every run and build of a program, and
    /// after edits that move lines. It names the function that asks for the memory
    /// and the function asked; where several lines of one function are alike in that,
    /// their order tells them apart.
    pub fingerprint: String,
    /// Bytes allocated in the window and live at the moment asked for; as the
    /// difference of two windows, it may be negative.
    pub bytes: i64,
    /// Blocks, likewise.
    pub blocks: i64,
    /// The innermost frame of the code that was asked for.
    pub own_frame: Option<Frame>,
    /// The call stack that holds the most of it, innermost first, from where the
    /// allocator and the standard library end.
    pub frames: Vec<Frame>,
}

/// A line, or a function outside own code, with all that is counted of it.
#[derive(Debug, Clone)]
pub struct Holder {
    /// As of [`Site`].
    pub fingerprint: String,
    /// Whether the frame is of own code.
    pub own: bool,
    /// The innermost frame of own code or else outside the standard library; `None`
    /// when a profile knows no frame.
    pub frame: Option<Frame>,
    /// The function through which it asks, without its path.
    pub callee: String,
    /// The sum over its call stacks.
    pub counts: Counts,
}

impl Profile {
    /// What was held at this moment, largest first. Call stacks count as one site when
    /// the innermost frame whose place satisfies `own` is the same line.
    pub fn sites(&self, moment: Moment, own: impl Fn(&str) -> bool) -> Vec<Site> {
        let groups = self.grouped(moment, own);
        let fingerprints = fingerprints(&groups, &self.program());
        let sites = groups.into_iter().zip(fingerprints);
        ranked(sites.map(|((key, group), fingerprint)| {
            let counts = [Counts::default(), group.counts];
            self.site(&key, &group, Change::of(fingerprint, moment, counts))
        }))
    }

    /// What this window held more than an `earlier` one of the same process, largest
    /// growth first. Memory that is merely replaced (a connection's buffer) is in
    /// both alike and cancels out; what grows with the requests, or with the size of
    /// their input, does not, if this window had more of them.
    pub fn growth_since(
        &self,
        earlier: &Self,
        moment: Moment,
        own: impl Fn(&str) -> bool,
    ) -> Vec<Site> {
        let after = self.grouped(moment, &own);
        let mut before = earlier.grouped(moment, &own);
        // A line has one name in both windows, and in their difference.
        let mut both = after.clone();
        for (key, group) in &before {
            let known = both.entry(key.clone()).or_insert_with(|| group.clone());
            known.callees.join(&group.callees);
        }
        let fingerprints = fingerprints(&both, &self.program());
        let names = both.into_keys().zip(fingerprints);
        let mut names: BTreeMap<Key<'_>, String> = names.collect();
        let mut sites = Vec::new();
        for (key, group) in after {
            let gone = before.remove(&key).map(|group| group.counts);
            let gone = gone.unwrap_or_default();
            let fingerprint = names.remove(&key).unwrap_or_default();
            let change = Change::of(fingerprint, moment, [gone, group.counts]);
            sites.push(self.site(&key, &group, change));
        }
        for (key, group) in before {
            let fingerprint = names.remove(&key).unwrap_or_default();
            let nothing = Counts::default();
            let change = Change::of(fingerprint, moment, [group.counts, nothing]);
            sites.push(earlier.site(&key, &group, change));
        }
        ranked(sites)
    }

    /// Every site with all its counts, in the order of lines.
    pub fn holders(&self, own: impl Fn(&str) -> bool) -> Vec<Holder> {
        let groups = self.grouped(Moment::End, own);
        let fingerprints = fingerprints(&groups, &self.program());
        let holders = groups.into_iter().zip(fingerprints);
        let holders = holders.map(|((key, group), fingerprint)| Holder {
            fingerprint,
            own: key.own,
            frame: group.anchor.map(Frame::from),
            callee: group.callees.foremost().to_owned(),
            counts: group.counts,
        });
        holders.collect()
    }

    fn site(&self, key: &Key<'_>, group: &Group<'_>, change: Change) -> Site {
        let Change { fingerprint, bytes, blocks } = change;
        // What holds nothing is dropped at once, and frames are most of a site.
        let stack = if bytes == 0 { &[] } else { group.stack };
        let frame = |f: &u32| FrameRef::parse(self.table.get(*f)).into();
        Site {
            fingerprint,
            bytes,
            blocks,
            own_frame: group.anchor.filter(|_| key.own).map(Frame::from),
            frames: stack.iter().map(frame).collect(),
        }
    }
}

/// What is new of a site.
struct Change {
    fingerprint: String,
    bytes: i64,
    blocks: i64,
}

impl Change {
    fn of(fingerprint: String, moment: Moment, counts: [Counts; 2]) -> Self {
        let [before, after] = counts.map(|counts| counts.held(moment));
        let more =
            |after: u64, before: u64| after.wrapping_sub(before).cast_signed();
        Self {
            fingerprint,
            bytes: more(after.0, before.0),
            blocks: more(after.1, before.1),
        }
    }
}

/// Largest first, and ties in the order of their keys: two runs of one program print
/// the same list. What holds nothing is left out, after it has taken its place in the
/// order of lines that fingerprints may need.
fn ranked(sites: impl IntoIterator<Item = Site>) -> Vec<Site> {
    let mut sites: Vec<Site> =
        sites.into_iter().filter(|site| site.bytes != 0).collect();
    sites.sort_by_key(|site| std::cmp::Reverse(site.bytes));
    sites
}

#[cfg(test)]
mod tests {
    use super::super::samples::{edited, profile};
    use super::*;

    fn lessons(place: &str) -> bool {
        place.starts_with("src/lessons/")
    }

    #[test]
    fn stacks_that_share_a_line_of_own_code_are_one_site() {
        let sites = profile().sites(Moment::End, lessons);
        let held: Vec<_> =
            sites.iter().map(|site| (site.bytes, site.blocks)).collect();
        assert_eq!(held, [(80, 6), (40, 4)]);
        let own = sites[0].own_frame.as_ref().unwrap();
        assert_eq!(own.place, "src/lessons/keep.rs:42");
        assert_eq!(own.function, "leaky::lessons::keep::{{closure}}");
    }

    #[test]
    fn a_site_outside_own_code_still_shows_its_frames() {
        let sites = profile().sites(Moment::End, lessons);
        assert_eq!(sites[1].own_frame, None);
        assert_eq!(sites[1].frames[0].place, "bytes/src/bytes_mut.rs:7");
    }

    #[test]
    fn sites_add_up_to_what_survived() {
        let profile = profile();
        let sites = profile.sites(Moment::End, |_| false);
        assert_eq!(sites.iter().map(|site| site.bytes).sum::<i64>(), 120);
        assert_eq!(profile.surviving_bytes(), 120);
    }

    #[test]
    fn what_is_replaced_cancels_out_between_two_windows_and_growth_stays() {
        let later =
            edited(&[("\"eb\": 50, \"ebk\": 5", "\"eb\": 130, \"ebk\": 13")]);
        let growth = later.growth_since(&profile(), Moment::End, lessons);
        assert_eq!(growth.len(), 1);
        assert_eq!((growth[0].bytes, growth[0].blocks), (80, 8));
        let shrunk = profile().growth_since(&later, Moment::End, lessons);
        assert_eq!(shrunk[0].bytes, -80);
        assert_eq!(shrunk[0].fingerprint, growth[0].fingerprint);
    }

    #[test]
    fn a_peak_is_ranked_by_what_was_live_then() {
        let sites = profile().sites(Moment::Peak, |_| false);
        assert_eq!(sites.iter().map(|site| site.bytes).sum::<i64>(), 190);
    }
}
