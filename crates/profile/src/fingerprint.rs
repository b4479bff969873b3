//! The fingerprint of a site: an id that is the same in every run and every build.
//!
//! It hashes the caller, which asks for memory, and the callee, through which it asks.
//! It leaves out what an unrelated edit changes: lines, addresses, generic arguments,
//! closures and versions of packages. It leaves out the program's name, too, so the
//! sites of two twins pair up.

use crate::frame::FrameRef;
use crate::name;
use fnv::FnvHasher;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// A callee needs this share of a site's blocks to name the site. A line that asks for
/// memory through n callees, once each per request, gives each a share near 1/n, so a
/// threshold in the middle between 1/4 and 1/5 decides alike in every run. A line with a
/// share near the threshold, or with five callees and more, may get another fingerprint
/// in another run: a baseline then shows its site as new.
const SHARE_OF_NAME: f64 = 0.225;

/// Blocks that a site asked for through each of its callees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Callees(BTreeMap<String, u64>);

impl Callees {
    pub(crate) fn add(&mut self, name: String, blocks: u64) {
        let sum = self.0.entry(name).or_default();
        *sum = sum.saturating_add(blocks);
    }

    /// Adds the callees of the same site in another profile.
    pub(crate) fn join(&mut self, other: &Self) {
        other.0.iter().for_each(|(name, blocks)| self.add(name.clone(), *blocks));
    }

    /// The callee that names a site: alphabetically the first with a sufficient share.
    /// Among nearly equal shares the largest would change from run to run.
    pub(crate) fn foremost(&self) -> &str {
        let blocks: f64 = self.0.values().map(|blocks| *blocks as f64).sum();
        let enough = SHARE_OF_NAME * blocks;
        let good = self.0.iter().find(|(_, blocks)| **blocks as f64 >= enough);
        // When no share is sufficient, the largest one decides.
        let most = || self.0.iter().max_by_key(|(name, blocks)| (*blocks, *name));
        good.or_else(most).map_or("", |(name, _)| name)
    }
}

/// The callee without its path, because the path of a generic function depends on
/// where it was compiled.
pub(crate) fn callee(frame: &FrameRef<'_>) -> String {
    match name::last(frame.function) {
        name if name.is_empty() => frame.file(),
        name => name,
    }
}

/// The caller. An inlined function has no path in a profile; the file replaces it.
pub(crate) fn function(frame: &FrameRef<'_>, program: &str) -> String {
    let name = frame.name();
    match name.split_once("::") {
        Some((first, rest)) if first == program => format!("crate::{rest}"),
        Some(_) => name,
        None => format!("{} {name}", frame.file()),
    }
}

/// The crate of a program from its path: `leaky` for
/// `target/debug/leaky`.
pub(crate) fn program(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or_default();
    let file = file.strip_suffix(".exe").unwrap_or(file);
    // cargo appends a hash to the name of a test.
    let name = match file.rsplit_once('-') {
        Some((name, hash)) if name::is_hash(hash) => name,
        _ => file,
    };
    name.replace('-', "_")
}

/// Sixteen hexadecimal digits for the n-th site, from 0, of a caller and a callee.
/// The first site hashes no number, so it keeps its fingerprint when a second appears.
pub(crate) fn of(function: &str, callee: &str, n: usize) -> String {
    let mut text = format!("{function}\n{callee}");
    if n > 0 {
        text.push_str(&format!("\n{n}"));
    }
    // Baseline files keep fingerprints for years, and the standard library's hash may
    // change with any release of Rust. Two of a thousand sites collide with a
    // probability of 10^-13.
    let mut hash = FnvHasher::default();
    hash.write(text.as_bytes());
    format!("{:016x}", hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_near_equals_the_first_in_the_alphabet_names_a_site() {
        let named = |callees: &[(&str, u64)]| {
            let mut all = Callees::default();
            callees
                .iter()
                .for_each(|(name, blocks)| all.add((*name).to_owned(), *blocks));
            all.foremost().to_owned()
        };
        assert_eq!(named(&[("insert", 51), ("clone", 49)]), "clone");
        assert_eq!(named(&[("insert", 49), ("clone", 51)]), "clone");
        assert_eq!(named(&[("insert", 90), ("clone", 10)]), "insert");
        assert_eq!(named(&[]), "");
        let many: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|n| (n, 1)).into();
        assert_eq!(named(&many), "f");
    }

    #[test]
    fn a_program_is_known_by_its_file() {
        assert_eq!(program("target/debug/leaky"), "leaky");
        assert_eq!(program("./my-service"), "my_service");
        assert_eq!(program("target/debug/my-service.exe"), "my_service");
        assert_eq!(program("with space/deps/it-0123456789abcdef"), "it");
        assert_eq!(program(""), "");
    }
}
