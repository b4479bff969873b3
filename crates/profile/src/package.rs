//! Which package a frame belongs to. A profile doesn't say, but most frames show it in
//! their file or in their function's path.

use crate::counts::Counts;
use crate::frame::{FrameRef, without_version};
use crate::library;
use crate::reading::Profile;
use std::collections::{BTreeMap, HashMap};

/// The package of a call stack whose frames show none.
const UNKNOWN: &str = "unknown";

/// The packages of a profile's frames.
#[derive(Debug)]
pub struct Packages<'a> {
    /// By file, for functions without a path; `None` when several packages have a file
    /// of that name.
    by_file: HashMap<&'a str, Option<String>>,
}

impl<'a> Packages<'a> {
    /// Learns from a table of frames.
    pub fn of(table: &[FrameRef<'a>]) -> Self {
        let mut by_file = HashMap::new();
        for frame in table {
            let Some(package) = stated(frame).map(Some) else { continue };
            let known =
                by_file.entry(frame.path()).or_insert_with(|| package.clone());
            if *known != package {
                *known = None;
            }
        }
        Self { by_file }
    }

    /// The package of a frame as paths name it: `actix_http`; for C code the file or
    /// the library. `None` when the frame doesn't show it.
    pub fn package(&self, frame: &FrameRef<'_>) -> Option<String> {
        if let Some(object) = frame.place.strip_prefix("in ") {
            return object.rsplit('/').next().map(ToOwned::to_owned);
        }
        let path = frame.path();
        let learnt = || self.by_file.get(path)?.clone();
        let foreign =
            || (!path.is_empty() && !path.ends_with(".rs")).then(|| path.to_owned());
        stated(frame).or_else(learnt).or_else(foreign)
    }
}

/// The package that the frame itself shows: in its folder, or in its function's path.
fn stated(frame: &FrameRef<'_>) -> Option<String> {
    let folder = frame.place.split('/').next().unwrap_or_default();
    let package = without_version(folder);
    if package.len() < folder.len() {
        return Some(package.replace('-', "_"));
    }
    let path = frame.function.trim_start_matches(['<', '&', '[', '(']);
    let path = ["mut ", "dyn ", "impl "]
        .iter()
        .fold(path, |path, word| path.strip_prefix(word).unwrap_or(path));
    let (package, _) = path.split_once("::")?;
    let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!package.is_empty() && package.bytes().all(named)).then(|| package.to_owned())
}

impl Profile {
    /// What each package asked for, itself or through the standard library.
    pub fn by_package(&self) -> BTreeMap<String, Counts> {
        let table = self.table();
        let packages = Packages::of(&table);
        // A frame that shows no package may have a caller that does.
        let name = |frame: &FrameRef<'_>| {
            let package = packages.package(frame).filter(|_| !frame.is_library())?;
            (!library::CRATES.contains(&package.as_str())).then_some(package)
        };
        let names: Vec<_> = table.iter().map(name).collect();
        let mut sums: BTreeMap<String, Counts> = BTreeMap::new();
        for (counts, stack) in self.stacks() {
            let known = stack.iter().find_map(|&f| names[f as usize].as_deref());
            *sums.entry(known.unwrap_or(UNKNOWN).to_owned()).or_default() += counts;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::profile;

    #[test]
    fn a_frame_is_known_by_its_folder_its_path_or_its_file() {
        let cases = "
            poll<tower::A> (actix-http-3.20.0/src/service.rs:1:2) => actix_http
            <hyper::Conn<T> as core::Future>::poll (proto/h1/conn.rs:5:2) => hyper
            poll_read<hyper::B> (proto/h1/conn.rs:9:2) => hyper
            {closure#0}<hyper::B> (proto/h1/role.rs:9:2) => none
            <F as a::Service>::call (src/other.rs:1:1) => none
            first::run (src/lib.rs:1:1) => first
            second::run (src/lib.rs:9:1) => second
            run (src/lib.rs:10:1) => none
            puts (in /usr/lib/libc.so.6) => libc.so.6
            main (list.c:3) => list.c
        ";
        let cases = cases.trim().lines().filter_map(|case| case.split_once(" => "));
        let frame = |(text, name): (&'static str, _)| {
            (FrameRef::parse(text.trim_start()), name)
        };
        let cases: Vec<(FrameRef<'_>, &str)> = cases.map(frame).collect();
        let table: Vec<_> = cases.iter().map(|(frame, _)| *frame).collect();
        let packages = Packages::of(&table);
        for (frame, expected) in cases {
            let found =
                packages.package(&frame).unwrap_or_else(|| "none".to_owned());
            assert_eq!(found, expected, "{frame:?}");
        }
    }

    #[test]
    fn every_byte_is_filed_under_the_package_that_asked_for_it() {
        let sums = profile().by_package();
        let held: Vec<_> =
            sums.iter().map(|(name, sum)| (name.as_str(), sum.end_bytes)).collect();
        assert_eq!(held, [("bytes", 70), ("leaky", 50)]);
    }
}
