//! What names a site in every run and every build: its fingerprint.
//!
//! It is made of the function that asks and the function asked, and of nothing that
//! an edit elsewhere moves: no line, no address, no generic argument, no closure, no
//! version of a package. The program's own name is left out, too, so that a renamed
//! program, or the twin of one, has the same sites.

use super::frame::FrameRef;
use super::name;

/// A callee with this share of a site's blocks may name it. The share of one that
/// comes with every request is near a simple fraction (a half, a third, a quarter),
/// and this is not: no run of the same program sees it on the other side.
const SHARE_OF_NAME: f64 = 0.225;

/// How many blocks a site asked for through each function that it calls.
/// They are few, and sites are many, so it is a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Callees(Vec<(String, u64)>);

impl Callees {
    pub(super) fn add(&mut self, name: &str, blocks: u64) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum = sum.saturating_add(blocks),
            None => self.0.push((name.to_owned(), blocks)),
        }
    }

    /// Takes another's for its own.
    pub(super) fn join(&mut self, other: &Self) {
        for (name, blocks) in &other.0 {
            self.add(name, *blocks);
        }
    }

    /// The one that names a site: the first in the alphabet of those with a good share.
    /// The one with the largest share may be another in each run, where several are
    /// near equal.
    pub(super) fn foremost(&self) -> &str {
        let blocks: f64 = self.0.iter().map(|(_, blocks)| *blocks as f64).sum();
        let enough = SHARE_OF_NAME * blocks;
        let good = self.0.iter().filter(|(_, blocks)| *blocks as f64 >= enough);
        // Where there are many and none has a good share, it is the largest.
        let most = || self.0.iter().max_by_key(|(name, blocks)| (blocks, name));
        let named = good.min_by_key(|(name, _)| name).or_else(most);
        named.map_or("", |(name, _)| name)
    }
}

/// The function asked, without its path: how much of the path a profile shows depends
/// on where a generic function was compiled.
pub(super) fn callee(frame: &FrameRef<'_>) -> String {
    match name::last(frame.function) {
        name if name.is_empty() => frame.file(),
        name => name,
    }
}

/// The function that asks. Without a path, as dhat shows functions of which it knows
/// the lines only, it takes the file beside it.
pub(super) fn function(frame: &FrameRef<'_>, program: &str) -> String {
    let name = frame.name();
    match name.split_once("::") {
        Some((first, rest)) if first == program => format!("crate::{rest}"),
        Some(_) => name,
        None => format!("{} {name}", frame.file()),
    }
}

/// The program's own crate, from its command line: `leaky` of
/// `target/debug/leaky --listen …`.
pub(super) fn program(command: &str) -> String {
    let path = command.split_whitespace().next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    // cargo adds the hash of a build to the name of a test.
    let name = match file.rsplit_once('-') {
        Some((name, hash))
            if hash.len() == 16
                && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) =>
        {
            name
        }
        _ => file,
    };
    name.replace('-', "_")
}

/// Sixteen hexadecimal digits for the n-th site, from 0, of a function and a callee.
/// The first has no number, so it stays what it is when there is a second.
pub(super) fn of(function: &str, callee: &str, n: usize) -> String {
    let mut text = format!("{function}\n{callee}");
    if n > 0 {
        text.push_str(&format!("\n{n}"));
    }
    format!("{:016x}", fnv1a(text.as_bytes()))
}

/// FNV-1a with 64 bits: files keep fingerprints for years, and the hash of the
/// standard library may change with each release of Rust. Nobody gains from a
/// collision, and among a thousand sites one is as likely as one in 10^13, so a
/// cryptographic hash would be a dependency for nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET_BASIS, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // From the authors' own test vectors.
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn of_near_equals_the_first_in_the_alphabet_names_a_site() {
        let named = |callees: &[(&str, u64)]| {
            let mut all = Callees::default();
            callees.iter().for_each(|(name, blocks)| all.add(name, *blocks));
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
        assert_eq!(program("target/debug/leaky --listen x"), "leaky");
        assert_eq!(program("./my-service"), "my_service");
        assert_eq!(program("deps/it-0123456789abcdef --nocapture"), "it");
        assert_eq!(program(""), "");
    }
}
