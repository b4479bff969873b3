//! Call stacks put together by the line that asks for memory.

use super::counts::{Counts, Moment};
use super::fingerprint::{self, Callees};
use super::frame::FrameRef;
use super::reading::Profile;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// What makes two call stacks one site: the line of own code, or else the innermost
/// frame outside the standard library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub(super) own: bool,
    place: &'a str,
    function: &'a str,
}

/// Call stacks of one key.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    pub(super) counts: Counts,
    /// The frame of the key.
    pub(super) anchor: Option<FrameRef<'a>>,
    /// The call stack that holds most of it, from where the standard library ends.
    pub(super) stack: &'a [u32],
    largest: u64,
    /// Of all blocks that were asked for, live or not: which of them survive differs
    /// from moment to moment, and a site has one name for all.
    pub(super) callees: Callees,
}

pub(super) type Groups<'a> = BTreeMap<Key<'a>, Group<'a>>;

impl Profile {
    pub(super) fn grouped(
        &self,
        moment: Moment,
        own: impl Fn(&str) -> bool,
    ) -> Groups<'_> {
        let table = self.table();
        let is_own: Vec<bool> = table.iter().map(|frame| own(frame.place)).collect();
        let is_std: Vec<bool> =
            table.iter().map(FrameRef::only_asks_for_memory).collect();
        // By the frame first, because a table names a line more than once and texts
        // are slow to compare.
        let mut by_frame: HashMap<(bool, Option<u32>), Lines<'_>> = HashMap::new();
        for (counts, stack) in self.stacks() {
            let from = stack.iter().position(|&f| !is_std[f as usize]).unwrap_or(0);
            let own_at = stack[from..].iter().position(|&f| is_own[f as usize]);
            let at = own_at.map_or(from, |offset| from + offset);
            let anchor = (own_at.is_some(), stack.get(at).copied());
            let callee = at.checked_sub(1).map(|inner| stack[inner]);
            let lines = by_frame.entry(anchor).or_default();
            lines.add(counts, moment, &stack[from..], callee);
        }
        let mut found: Vec<_> = by_frame.into_iter().collect();
        // A map has no order, and the first of two equals shows its frames.
        found.sort_by_key(|(anchor, _)| *anchor);
        let mut groups = Groups::new();
        for ((own, anchor), lines) in found {
            let anchor = anchor.map(|f| table[f as usize]);
            let group = lines.named(anchor, &table);
            match groups.entry(Key::of(own, anchor)) {
                Entry::Occupied(mut known) => known.get_mut().join(group),
                Entry::Vacant(free) => {
                    free.insert(group);
                }
            }
        }
        groups
    }
}

/// Call stacks through one entry of the table of frames.
#[derive(Debug, Default)]
struct Lines<'a> {
    counts: Counts,
    largest: u64,
    stack: &'a [u32],
    callees: HashMap<Option<u32>, u64>,
}

impl<'a> Lines<'a> {
    fn add(
        &mut self,
        counts: &Counts,
        moment: Moment,
        stack: &'a [u32],
        callee: Option<u32>,
    ) {
        self.counts += *counts;
        let blocks = self.callees.entry(callee).or_default();
        *blocks = blocks.saturating_add(counts.total_blocks);
        let (bytes, _) = counts.held(moment);
        if bytes > self.largest || self.stack.is_empty() {
            self.largest = bytes;
            self.stack = stack;
        }
    }

    fn named(
        self,
        anchor: Option<FrameRef<'a>>,
        table: &[FrameRef<'a>],
    ) -> Group<'a> {
        let name = |f: Option<u32>| match f {
            Some(f) => fingerprint::callee(&table[f as usize]),
            None => String::new(),
        };
        let mut callees = Callees::default();
        for (f, blocks) in self.callees {
            callees.add(&name(f), blocks);
        }
        let Self { counts, largest, stack, .. } = self;
        Group { counts, anchor, stack, largest, callees }
    }
}

impl<'a> Key<'a> {
    fn of(own: bool, anchor: Option<FrameRef<'a>>) -> Self {
        let Some(FrameRef { function, place }) = anchor else {
            return Self { own, place: "", function: "" };
        };
        // A line of own code is one site, whatever closure of it is meant.
        Self { own, place, function: if own { "" } else { function } }
    }
}

impl Group<'_> {
    fn join(&mut self, other: Self) {
        self.counts += other.counts;
        self.callees.join(&other.callees);
        if other.largest > self.largest {
            self.largest = other.largest;
            self.stack = other.stack;
        }
        // A macro's line may be in two functions; which of them holds more is chance.
        let name = |anchor: Option<FrameRef<'_>>| anchor.map(|frame| frame.name());
        if name(other.anchor) < name(self.anchor) {
            self.anchor = other.anchor;
        }
    }
}

/// A fingerprint for each group, in their order.
pub(super) fn fingerprints(groups: &Groups<'_>, program: &str) -> Vec<String> {
    let mut alike: BTreeMap<(String, &str), Vec<(u64, usize)>> = BTreeMap::new();
    for (n, group) in groups.values().enumerate() {
        let function = group.anchor.map(|f| fingerprint::function(&f, program));
        let line = group.anchor.map_or(0, |frame| frame.line());
        let callee = group.callees.foremost();
        let identity = (function.unwrap_or_default(), callee);
        alike.entry(identity).or_default().push((line, n));
    }
    let mut found = vec![String::new(); groups.len()];
    for ((function, callee), mut lines) in alike {
        lines.sort_unstable();
        for (ordinal, (_, n)) in lines.into_iter().enumerate() {
            found[n] = fingerprint::of(&function, callee, ordinal);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::samples::edited;
    use super::super::sites::Site;
    use super::*;

    fn lessons(place: &str) -> bool {
        place.starts_with("src/lessons/")
    }

    /// The fingerprint of the sample's own site after these edits.
    fn own_after(edits: &[(&str, &str)]) -> String {
        let sites = edited(edits).sites(Moment::End, lessons);
        let own = sites.into_iter().find(|site| site.own_frame.is_some());
        own.unwrap().fingerprint
    }

    #[test]
    fn a_fingerprint_survives_what_does_not_change_the_code() {
        let before = own_after(&[]);
        assert_eq!(before.len(), 16);
        let moved: &[&[(&str, &str)]] = &[
            // The line, the address, another closure around it.
            &[("keep.rs:42:17", "keep.rs:57:13")],
            &[("0x2: ", "0x55d2c0: ")],
            &[("keep::{{closure}}", "keep::{{closure}}::{{closure}}")],
            &[("keep::{{closure}}", "keep")],
            // Instances of generic code, and hashes of symbols.
            &[("keep::{{closure}}", "keep<u8>::{{closure}}::h0123456789abcdef")],
            &[("Vec<T>", "Vec<alloc::string::String,alloc::alloc::Global>")],
            // What survives, as opposed to what is asked for.
            &[("\"eb\": 30, \"ebk\": 1", "\"eb\": 300, \"ebk\": 1")],
            // The program under another name.
            &[("leaky", "fixed")],
        ];
        for edits in moved {
            assert_eq!(own_after(edits), before, "{edits:?}");
        }
    }

    #[test]
    fn a_fingerprint_differs_where_the_code_does() {
        let before = own_after(&[]);
        let renamed = own_after(&[("lessons::keep", "lessons::hold")]);
        let asks_otherwise = own_after(&[("Clone>::clone", "Clone>::to_vec")]);
        assert_ne!(renamed, before);
        assert_ne!(asks_otherwise, before);
        assert_ne!(renamed, asks_otherwise);
    }

    #[test]
    fn a_site_outside_own_code_keeps_its_fingerprint_when_its_package_is_updated() {
        let foreign = |place: &str| {
            let profile = edited(&[("bytes/src/bytes_mut.rs:7:3", place)]);
            let sites = profile.sites(Moment::End, lessons);
            sites.into_iter().find(|s| s.own_frame.is_none()).unwrap().fingerprint
        };
        let before = foreign("bytes-1.10.0/src/bytes_mut.rs:7:3");
        assert_eq!(foreign("bytes-1.12.2/src/bytes_mut.rs:70:3"), before);
    }

    /// The sample with a second line of own code, which its fourth call stack enters.
    fn two_lines(end_bytes: &str) -> Vec<Site> {
        let second = "0x5: leaky::lessons::keep (src/lessons/keep.rs:50:9)\"]";
        let profile = edited(&[
            (
                "main (src/main.rs:3:5)\"]",
                &format!("main (src/main.rs:3:5)\", \"{second}"),
            ),
            ("\"eb\": 0, \"ebk\": 0, \"fs\": [3]", end_bytes),
        ]);
        profile.sites(Moment::End, lessons)
    }

    #[test]
    fn lines_of_one_function_are_told_apart_by_their_order() {
        let sites = two_lines("\"eb\": 7, \"ebk\": 1, \"fs\": [1, 5]");
        let own: Vec<_> = sites.iter().filter(|s| s.own_frame.is_some()).collect();
        assert_eq!(own.len(), 2);
        assert_ne!(own[0].fingerprint, own[1].fingerprint);
        assert_eq!(own[0].fingerprint, own_after(&[]));
    }

    #[test]
    fn what_holds_nothing_is_no_site_but_keeps_its_place_in_the_order() {
        let earlier = |end: &str| {
            let fs = "\"fs\": [1, 5]";
            let moved = |site: &&Site| {
                site.own_frame.as_ref().is_some_and(|f| f.place.ends_with(":50"))
            };
            let sites = two_lines(&format!("{end}, {fs}"));
            (sites.len(), sites.iter().find(moved).map(|s| s.fingerprint.clone()))
        };
        let (with, second) = earlier("\"eb\": 7, \"ebk\": 1");
        let (without, none) = earlier("\"eb\": 0, \"ebk\": 0");
        assert_eq!((with, without, none), (3, 2, None));
        assert_ne!(second, Some(own_after(&[])));
    }
}
