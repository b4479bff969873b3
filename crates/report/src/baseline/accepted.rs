//! Sites that may stay, each with a reason: the file for `--accept`.

use crate::Refusal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::Spanned;

/// The sites that may stay.
#[derive(Debug, Default)]
pub struct Accepted {
    /// Each with its place in the file: `accepted.toml:7`.
    sites: Vec<(String, Entry)>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    site: Vec<Spanned<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    fingerprint: String,
    reason: String,
    /// Without it, in every lesson.
    lesson: Option<String>,
    /// Without it, in every twin.
    twin: Option<String>,
}

impl Entry {
    fn is(&self, lesson: &str, twin: &str, fingerprint: &str) -> bool {
        let fits =
            |own: &Option<String>, it: &str| own.as_deref().is_none_or(|o| o == it);
        self.fingerprint == fingerprint
            && fits(&self.lesson, lesson)
            && fits(&self.twin, twin)
    }
}

impl Accepted {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, has unknown keys, or a site without a reason.
    /// The message names file and line.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        read(path, "sites", Self::parse)
    }

    fn parse(text: &str, shown: &str) -> Result<Self, String> {
        let keys =
            "a [[site]] has fingerprint and reason, and may have lesson and twin";
        let sites = entries(text, shown, keys, |file: File| file.site)?;
        let empty = |text: &str| text.trim().is_empty();
        let wrong = |(_, entry): &&(String, Entry)| {
            empty(&entry.reason) || empty(&entry.fingerprint)
        };
        match sites.iter().find(wrong) {
            None => Ok(Self { sites }),
            Some((place, _)) => Err(format!(
                "{place}: fingerprint and reason must not be empty; the reason \
                 explains why this memory may stay"
            )),
        }
    }

    /// Why this site may stay, if it may.
    pub fn reason(
        &self,
        lesson: &str,
        twin: &str,
        fingerprint: &str,
    ) -> Option<&str> {
        let mut entries = self.sites.iter().map(|(_, entry)| entry);
        let entry = entries.find(|entry| entry.is(lesson, twin, fingerprint))?;
        Some(&entry.reason)
    }

    /// A sentence for each entry that fits none of these lessons, twins and
    /// fingerprints. Entries of lessons that were not measured are left alone.
    pub fn unused<'a>(
        &self,
        measured: &[&str],
        there: &[(&'a str, &'a str, &'a str)],
    ) -> Vec<String> {
        let unused = self.sites.iter().filter(|(_, entry)| {
            let looked =
                entry.lesson.as_deref().is_none_or(|l| measured.contains(&l));
            let mut sites = there.iter();
            looked
                && !sites.any(|&(lesson, twin, site)| entry.is(lesson, twin, site))
        });
        let sentence = |(place, _): &(String, Entry)| {
            format!("{place}: this site does not grow here; remove the entry")
        };
        unused.map(sentence).collect()
    }
}

/// Reads a file of what is accepted, and parses its text; the second argument of `parse` is
/// the path.
pub(crate) fn read<T>(
    path: &Path,
    what: &str,
    parse: impl FnOnce(&str, &str) -> Result<T, String>,
) -> Result<T, Refusal> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let cure = format!("name a file of accepted {what} with --accept");
        Refusal(format!("cannot read {shown} ({error}); {cure}"))
    })?;
    parse(&text, &shown).map_err(Refusal)
}

/// The entries of a TOML file, each with its place: `accepted.toml:7`. An error
/// names the place and what an entry may have.
pub(crate) fn entries<F: DeserializeOwned, T>(
    text: &str,
    shown: &str,
    keys: &str,
    of: impl FnOnce(F) -> Vec<Spanned<T>>,
) -> Result<Vec<(String, T)>, String> {
    let place = |at: usize| {
        let before = text.as_bytes().iter().take(at);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        format!("{shown}:{line}")
    };
    let file = toml::from_str(text).map_err(|error| {
        let place = place(error.span().map_or(0, |span| span.start));
        let message = error.message().replace('\n', ", ");
        format!("{place}: {message}; {keys}")
    })?;
    let entry = |entry: Spanned<T>| (place(entry.span().start), entry.into_inner());
    Ok(of(file).into_iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Accepted, String> {
        Accepted::parse(text, "accepted.toml")
    }

    #[test]
    fn an_entry_applies_where_it_says_or_everywhere() {
        let accepted = parse(
            "# first\n[[site]]\nfingerprint = 'a'\nreason = 'a cache'\n\n\
             [[site]]\nfingerprint = 'b'\nlesson = 'l09'\ntwin = 'fixed'\nreason = 'r'",
        )
        .unwrap();
        assert_eq!(accepted.reason("l01", "leaky", "a"), Some("a cache"));
        assert_eq!(accepted.reason("l09", "fixed", "b"), Some("r"));
        assert_eq!(accepted.reason("l09", "leaky", "b"), None);
        assert_eq!(accepted.reason("l01", "leaky", "c"), None);
        let unused = |measured, site| accepted.unused(&[measured], &[site]).concat();
        let a = unused("l01", ("l01", "leaky", "b"));
        assert!(a.starts_with("accepted.toml:2: ") && !a.contains(":6:"), "{a}");
        let b = unused("l09", ("l09", "leaky", "a"));
        assert!(b.starts_with("accepted.toml:6: "), "{b}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let faults = [
            ("[[site]]\nfingerprint = 'a'\nreasons = 'r'\n", 3, "reasons"),
            ("[[site]]\nfingerprint = 'a'\n", 1, "reason"),
            ("\n[[site]]\nfingerprint = 'a'\nreason = ' '\n", 2, "reason"),
            ("[[site]]\nfingerprint = ''\nreason = 'r'\n", 1, "fingerprint"),
            ("[[sites]]\nfingerprint = 'a'\n", 1, "sites"),
            ("[[site]]\nfingerprint = 'a\n", 2, ""),
        ];
        for (text, line, named) in faults {
            let said = parse(text).unwrap_err();
            let place = format!("accepted.toml:{line}: ");
            assert!(said.starts_with(&place) && said.contains(named), "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }
}
