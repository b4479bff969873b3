//! Call stacks put together to sites: the lines that hold memory.

use super::fingerprint::program;
use super::frame::Frame;
use super::grouping::{Groups, count, fingerprints};
use super::reading::Profile;

/// Which moment of a window counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Its end: what survived.
    End,
    /// When most bytes were live: what made the peak.
    Peak,
}

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

impl Profile {
    /// What was held at this moment, largest first. Call stacks count as one site when
    /// the innermost frame whose place satisfies `own` is the same line.
    pub fn sites(&self, moment: Moment, own: impl Fn(&str) -> bool) -> Vec<Site> {
        ranked(self.grouped(moment, own), self.command())
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
        let mut groups = self.grouped(moment, &own);
        for (key, mut before) in earlier.grouped(moment, &own) {
            match groups.get_mut(&key) {
                Some(group) => {
                    group.bytes -= before.bytes;
                    group.blocks -= before.blocks;
                    count(&mut group.callees, before.callees);
                }
                None => {
                    before.bytes = -before.bytes;
                    before.blocks = -before.blocks;
                    groups.insert(key, before);
                }
            }
        }
        ranked(groups, self.command())
    }
}

/// Largest first, and ties in the order of their keys: two runs of one program print
/// the same list. What holds nothing is left out, after it has taken its place in the
/// order of lines that fingerprints may need.
fn ranked(groups: Groups, command: &str) -> Vec<Site> {
    let fingerprints = fingerprints(&groups, &program(command));
    let mut sites: Vec<Site> = groups
        .into_iter()
        .zip(fingerprints)
        .filter(|((_, group), _)| group.bytes != 0)
        .map(|((key, group), fingerprint)| Site {
            fingerprint,
            bytes: group.bytes,
            blocks: group.blocks,
            own_frame: group.anchor.filter(|_| key.own),
            frames: group.frames,
        })
        .collect();
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
