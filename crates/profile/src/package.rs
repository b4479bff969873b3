//! Which package a frame belongs to. A profile doesn't say, but most frames show it in
//! their file or in their function's path.

use crate::counts::Counts;
use crate::frame::{FrameRef, without_version};
use crate::library;
use crate::reading::Profile;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The package of a call stack whose frames show none.
const UNKNOWN: &str = "unknown";

/// The packages of a profile's frames.
#[derive(Debug)]
pub struct Packages<'a> {
    /// By file, for functions without a path; `None` when several packages have a file
    /// of that name.
    by_file: HashMap<&'a str, Option<Cow<'a, str>>>,
}

impl<'a> Packages<'a> {
    /// Learns from a table of frames.
    pub fn of(table: &[FrameRef<'a>]) -> Self {
        let mut by_file: HashMap<&str, Option<Cow<'_, str>>> = HashMap::new();
        for frame in table {
            let Some(package) = stated(frame) else { continue };
            let known =
                by_file.entry(frame.path()).or_insert_with(|| Some(package.clone()));
            if known.as_ref().is_some_and(|known| *known != package) {
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
        let learnt = || self.by_file.get(frame.path())?.clone();
        let path = frame.path();
        let foreign =
            || (!path.is_empty() && !path.ends_with(".rs")).then_some(path);
        let found = stated(frame).or_else(learnt);
        found.or_else(|| foreign().map(Cow::Borrowed)).map(Cow::into_owned)
    }
}

/// The package that the frame itself shows: in its folder, or in its function's path.
fn stated<'a>(frame: &FrameRef<'a>) -> Option<Cow<'a, str>> {
    let folder = frame.place.split('/').next().unwrap_or_default();
    let package = without_version(folder);
    if package.len() < folder.len() {
        return Some(match package.contains('-') {
            true => Cow::Owned(package.replace('-', "_")),
            false => Cow::Borrowed(package),
        });
    }
    let path = frame.function.trim_start_matches(['<', '&', '[', '(']);
    let path = ["mut ", "dyn ", "impl "]
        .iter()
        .fold(path, |path, word| path.strip_prefix(word).unwrap_or(path));
    let (package, _) = path.split_once("::")?;
    let named = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!package.is_empty() && package.bytes().all(named))
        .then_some(Cow::Borrowed(package))
}

impl Profile {
    /// What each package asked for, itself or through the standard library.
    pub fn by_package(&self) -> BTreeMap<String, Counts> {
        let table = self.table();
        let packages = Packages::of(&table);
        let library: Vec<bool> = table.iter().map(FrameRef::is_library).collect();
        // Few frames of a long table are the innermost of a stack.
        let mut names: HashMap<u32, Option<String>> = HashMap::new();
        let mut sums: BTreeMap<String, Counts> = BTreeMap::new();
        for (counts, stack) in self.stacks() {
            let outside = stack.iter().filter(|&&f| !library[f as usize]);
            // A frame that shows no package may have a caller that does.
            let known = outside.filter_map(|&f| {
                let name = names.entry(f);
                name.or_insert_with(|| packages.package(&table[f as usize])).clone()
            });
            let mut known =
                known.filter(|name| !library::CRATES.contains(&name.as_str()));
            let package = known.next().unwrap_or_else(|| UNKNOWN.to_owned());
            *sums.entry(package).or_default() += counts;
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
        let texts = [
            "0x1: poll<tower::A> (actix-http-3.20.0/src/service.rs:1:2)",
            "0x2: <hyper::proto::Conn<T> as core::Future>::poll (proto/h1/conn.rs:5:2)",
            "0x3: poll_read<hyper::B> (proto/h1/conn.rs:9:2)",
            "0x4: {closure#0}<hyper::B> (proto/h1/role.rs:9:2)",
            "0x5: <F as a::Service>::call (src/other.rs:1:1)",
            "0x6: first::run (src/lib.rs:1:1)",
            "0x7: second::run (src/lib.rs:9:1)",
            "0x8: run (src/lib.rs:10:1)",
            "0x9: puts (in /usr/lib/libc.so.6)",
            "0xa: main (list.c:3)",
        ];
        let table = texts.map(FrameRef::parse);
        let packages = Packages::of(&table);
        let found = table.map(|frame| packages.package(&frame));
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        let expected = [
            Some("actix_http"),
            Some("hyper"),
            Some("hyper"),
            None,
            None,
            Some("first"),
            Some("second"),
            None,
            Some("libc.so.6"),
            Some("list.c"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_byte_is_filed_under_the_package_that_asked_for_it() {
        let sums = profile().by_package();
        let held: Vec<_> =
            sums.iter().map(|(name, sum)| (name.as_str(), sum.end_bytes)).collect();
        assert_eq!(held, [("bytes", 70), ("leaky", 50)]);
    }
}
