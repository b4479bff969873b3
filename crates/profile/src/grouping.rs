//! Groups call stacks by the line that asks for memory.

use crate::counts::{Counts, Moment};
use crate::fingerprint::{self, Callees};
use crate::frame::FrameRef;
use crate::in_app::InApp;
use crate::reading::Profile;
use std::collections::BTreeMap;

/// Two call stacks with equal keys are one site: they share the innermost in-app line,
/// or else the innermost frame outside the standard library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) in_app: bool,
    place: &'a str,
    function: &'a str,
}

/// Call stacks of one key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group<'a> {
    pub(crate) counts: Counts,
    /// The frame of the key.
    pub(crate) anchor: Option<FrameRef<'a>>,
    /// The call stack that holds most, without the standard library at its beginning.
    pub(crate) stack: &'a [u32],
    largest: u64,
    /// Of all blocks, freed or not: what is live changes from moment to moment, and a
    /// site needs one name.
    pub(crate) callees: Callees,
}

pub(crate) type Groups<'a> = BTreeMap<Key<'a>, Group<'a>>;

impl Profile {
    pub(crate) fn grouped(&self, moment: Moment, in_app: &InApp) -> Groups<'_> {
        let table = self.table();
        let is_in_app: Vec<_> = table.iter().map(|f| in_app.contains(f)).collect();
        let is_library: Vec<_> = table.iter().map(FrameRef::is_library).collect();
        let mut groups = Groups::new();
        // Without files, names say little: the innermost frame in which the stacks differ
        // stands for each, by its address.
        let by_address = self.has_no_files();
        let alike = if by_address { self.alike() } else { 0 };
        for (counts, stack) in self.stacks() {
            let from = stack.iter().position(|&f| !is_library[f as usize]);
            let from = if by_address { alike } else { from.unwrap_or(0) };
            let from = from.min(stack.len().saturating_sub(1));
            let inner = stack[from..].iter().position(|&f| is_in_app[f as usize]);
            let at = from + inner.unwrap_or(0);
            let anchor = stack.get(at).map(|&f| match by_address {
                true => FrameRef { place: self.address(f), ..table[f as usize] },
                false => table[f as usize],
            });
            let group = groups.entry(Key::of(inner.is_some(), anchor)).or_default();
            group.add(counts, counts.held(moment).0, &stack[from..]);
            group.anchor(anchor);
            let below = at.checked_sub(1).map(|below| table[stack[below] as usize]);
            let callee = below.map(|frame| fingerprint::callee(&frame));
            group.callees.add(callee.unwrap_or_default(), counts.total_blocks);
        }
        groups
    }

    /// Frames with which all call stacks begin.
    fn alike(&self) -> usize {
        let mut stacks = self.stacks().map(|(_, stack)| stack);
        let first = stacks.next().unwrap_or_default();
        stacks.fold(first.len(), |alike, stack| {
            first.iter().zip(stack).take(alike).take_while(|(a, b)| a == b).count()
        })
    }

    /// The frames of a call stack.
    pub(crate) fn frames(&self, stack: &[u32]) -> Vec<String> {
        stack.iter().map(|&f| self.frame(f).to_string()).collect()
    }
}

impl<'a> Key<'a> {
    fn of(in_app: bool, anchor: Option<FrameRef<'a>>) -> Self {
        let FrameRef { function, place } = anchor.unwrap_or_default();
        // An in-app line is one site, including the closures in it.
        Self { in_app, place, function: if in_app { "" } else { function } }
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, counts: Counts, bytes: u64, stack: &'a [u32]) {
        self.counts += counts;
        if bytes > self.largest || self.stack.is_empty() {
            self.largest = bytes;
            self.stack = stack;
        }
    }

    /// A macro's line may be in two functions. The choice must not depend on their order.
    fn anchor(&mut self, anchor: Option<FrameRef<'a>>) {
        let name = |anchor: Option<FrameRef<'_>>| anchor.map(|frame| frame.name());
        let other = anchor != self.anchor;
        if self.anchor.is_none() || (other && name(anchor) < name(self.anchor)) {
            self.anchor = anchor;
        }
    }
}

/// The fingerprints of all groups, in their order. Where lines of one function have the
/// same callee, their order tells them apart.
pub(crate) fn fingerprints(groups: &Groups<'_>, program: &str) -> Vec<String> {
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
    use crate::InApp;
    use crate::samples::edited;

    /// Fingerprints of the in-app sites, and of the others, after these edits.
    fn sites(edits: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let sites = edited(edits).sites(&InApp::lessons());
        let (ours, others): (Vec<_>, Vec<_>) =
            sites.into_iter().partition(|site| site.in_app);
        let ids = |sites: Vec<crate::Site>| {
            sites.into_iter().map(|site| site.fingerprint).collect()
        };
        (ids(ours), ids(others))
    }

    /// The fingerprint of the sample's in-app site after these edits.
    fn in_app_after(edits: &[(&str, &str)]) -> String {
        sites(edits).0.remove(0)
    }

    #[test]
    fn a_fingerprint_survives_what_does_not_change_the_code() {
        let before = in_app_after(&[]);
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
            // What is live at the end.
            &[("\"eb\": 30, \"ebk\": 1", "\"eb\": 300, \"ebk\": 1")],
            // The program under another name.
            &[("leaky", "fixed")],
        ];
        for edits in moved {
            assert_eq!(in_app_after(edits), before, "{edits:?}");
        }
    }

    #[test]
    fn a_fingerprint_differs_where_the_code_does() {
        let before = in_app_after(&[]);
        let renamed = in_app_after(&[("lessons::keep", "lessons::hold")]);
        let asks_otherwise = in_app_after(&[("Clone>::clone", "Clone>::to_vec")]);
        assert_ne!(renamed, before);
        assert_ne!(asks_otherwise, before);
        assert_ne!(renamed, asks_otherwise);
    }

    #[test]
    fn a_site_outside_the_app_keeps_its_fingerprint_when_its_package_is_updated() {
        let foreign = |place: &str| {
            sites(&[("bytes/src/bytes_mut.rs:7:3", place)]).1.remove(0)
        };
        let before = foreign("bytes-1.10.0/src/bytes_mut.rs:7:3");
        assert_eq!(foreign("bytes-1.12.2/src/bytes_mut.rs:70:3"), before);
    }

    #[test]
    fn lines_of_one_function_are_told_apart_by_their_order() {
        let second = "0x5: leaky::lessons::keep (src/lessons/keep.rs:50:9)\"]";
        let main = "main (src/main.rs:3:5)";
        // The fourth call stack enters the second line; it holds nothing at the end.
        let (ours, _) = sites(&[
            (&format!("{main}\"]"), &format!("{main}\", \"{second}")),
            ("\"fs\": [3]", "\"fs\": [1, 5]"),
        ]);
        assert_eq!(ours.len(), 2);
        assert_ne!(ours[0], ours[1]);
        assert_eq!(ours[0], in_app_after(&[]));
    }
}
