//! Which package a frame is of. dhat does not say it, but most frames give it away.

use super::counts::Counts;
use super::frame::{FrameRef, without_version};
use super::reading::Profile;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The standard library's, which ask on behalf of others.
const LIBRARY: &[&str] = &["alloc", "core", "std", "hashbrown"];

/// What a call stack is filed under when no frame of it gives a package away.
const UNKNOWN: &str = "unknown";

/// The packages of a profile's frames.
#[derive(Debug)]
pub struct Packages<'a> {
    /// By file, for frames that name their function without its path; `None` where
    /// packages have files of the same name.
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
        learn_from_mentions(table, &mut by_file);
        Self { by_file }
    }

    /// The package of a frame, as paths name it: `actix_http`; of C code the file or
    /// the library. `None` when nothing gives it away.
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

/// Files of which no frame says the package: modules that are named in generic
/// arguments give it away. `hyper::proto::h1::role::Client` tells whose the file
/// `proto/h1/role.rs` is.
fn learn_from_mentions<'a>(
    table: &[FrameRef<'a>],
    by_file: &mut HashMap<&'a str, Option<Cow<'a, str>>>,
) {
    let silent = table
        .iter()
        .map(FrameRef::path)
        .filter(|path| path.ends_with(".rs") && !by_file.contains_key(path));
    // Whether a package was found already; nothing stands for several.
    let mut found: HashMap<&str, Option<&str>> = HashMap::new();
    let silent: HashSet<&str> = silent.collect();
    if silent.is_empty() {
        return;
    }
    let mut file = String::new();
    for (package, modules) in table.iter().flat_map(|frame| mentions(frame.function))
    {
        for depth in 1..=modules.len() {
            for end in [".rs", "/mod.rs"] {
                name_file(&mut file, &modules[..depth], end);
                if let Some(path) = silent.get(file.as_str()) {
                    let known = found.entry(path).or_insert(Some(package));
                    *known = known.filter(|known| *known == package);
                }
            }
        }
    }
    let found = found.into_iter();
    by_file.extend(found.map(|(path, package)| (path, package.map(Cow::Borrowed))));
}

/// The file of a module as profiles name it: by the last three parts of its path.
fn name_file(file: &mut String, modules: &[&str], end: &str) {
    let parts = if end == "/mod.rs" { 2 } else { 3 };
    file.clear();
    if modules.len() < parts {
        file.push_str("src/");
    }
    for (n, module) in
        modules[modules.len().saturating_sub(parts)..].iter().enumerate()
    {
        if n > 0 {
            file.push('/');
        }
        file.push_str(module);
    }
    file.push_str(end);
}

/// Packages and modules of all paths in a text.
fn mentions(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let part_of_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let paths = text.split(move |c| !part_of_path(c));
    paths.filter_map(|path| {
        let (package, rest) = path.split_once("::")?;
        // Types begin with a capital.
        let module =
            |part: &&str| part.starts_with(|c: char| c.is_ascii_lowercase());
        let modules: Vec<_> = rest.split("::").take_while(module).collect();
        let told = !package.is_empty() && !LIBRARY.contains(&package);
        (told && !modules.is_empty()).then_some((package, modules))
    })
}

/// What the frame itself says: the folder of its package, or the path of its function.
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
    /// What each package asked for itself or through the standard library: that of the
    /// innermost frame outside the latter.
    pub fn by_package(&self) -> BTreeMap<String, Counts> {
        let table = self.table();
        let packages = Packages::of(&table);
        let library: Vec<bool> =
            table.iter().map(FrameRef::only_asks_for_memory).collect();
        // A table is long, and most frames are no stack's innermost.
        let mut names: HashMap<u32, Option<String>> = HashMap::new();
        let mut sums: BTreeMap<String, Counts> = BTreeMap::new();
        for (counts, stack) in self.stacks() {
            let outside = stack.iter().filter(|&&f| !library[f as usize]);
            // A frame that tells nothing was called by one that may.
            let known = outside.filter_map(|&f| {
                let name = names.entry(f);
                name.or_insert_with(|| packages.package(&table[f as usize])).clone()
            });
            let mut known = known.filter(|name| !LIBRARY.contains(&name.as_str()));
            let package = known.next().unwrap_or_else(|| UNKNOWN.to_owned());
            *sums.entry(package).or_default() += *counts;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::profile;
    use super::*;

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
    fn a_file_that_says_nothing_is_known_by_the_modules_that_others_mention() {
        let texts = [
            "0x1: {async_fn#0} (src/client/orchestrator.rs:540:37)",
            "0x2: poll<aws_smithy_runtime::client::orchestrator::run::{env#0}> (a.rs:1:1)",
            "0x3: poll_loop (proto/h1/dispatch.rs:173:26)",
            "0x4: poll<(), hyper::proto::h1::dispatch::Client<u8>> (a.rs:1:1)",
            "0x5: grow (inner/pool/mod.rs:1:1)",
            "0x6: poll<one::inner::pool::A, two::inner::pool::B> (a.rs:1:1)",
        ];
        let table = texts.map(FrameRef::parse);
        let packages = Packages::of(&table);
        let of = |n: usize| packages.package(&table[n]);
        assert_eq!(of(0).as_deref(), Some("aws_smithy_runtime"));
        assert_eq!(of(2).as_deref(), Some("hyper"));
        assert_eq!(of(4), None);
    }

    #[test]
    fn every_byte_is_filed_under_the_package_that_asked_for_it() {
        let sums = profile().by_package();
        let held: Vec<_> =
            sums.iter().map(|(name, sum)| (name.as_str(), sum.end_bytes)).collect();
        assert_eq!(held, [("bytes", 70), ("leaky", 50)]);
    }
}
