//! Sites that may stay, each with a reason: the file for `--accept`.

use crate::Refusal;
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// The sites that may stay.
#[derive(Debug, Default)]
pub struct Accepted {
    sites: Vec<AcceptedSite>,
}

/// A site that may stay.
#[derive(Debug)]
struct AcceptedSite {
    /// What it is about.
    entry: Entry,
    /// `accepted.toml:7`, for whoever must correct it.
    place: String,
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
    /// [`Refusal`]: it cannot be read, is no TOML, has keys that mean nothing
    /// here, or a site without a reason. The message names file and line.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Refusal(format!(
                "cannot read {shown} ({error}); name a file of accepted sites with \
                 --accept"
            ))
        })?;
        Self::parse(&text, &shown).map_err(Refusal)
    }

    fn parse(text: &str, shown: &str) -> Result<Self, String> {
        let place = |at: usize| format!("{shown}:{}", line(text, at));
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', ", ");
            format!(
                "{}: {message}; a [[site]] has fingerprint and reason, and may have \
                 lesson and twin",
                place(at)
            )
        })?;
        let mut sites = Vec::new();
        for entry in file.site {
            let place = place(entry.span().start);
            let entry = entry.into_inner();
            if entry.reason.trim().is_empty() || entry.fingerprint.trim().is_empty()
            {
                return Err(format!(
                    "{place}: fingerprint and reason must not be empty; the reason \
                     says why this memory may stay"
                ));
            }
            sites.push(AcceptedSite { entry, place });
        }
        Ok(Self { sites })
    }

    /// Why this site may stay, if it may.
    pub fn reason(
        &self,
        lesson: &str,
        twin: &str,
        fingerprint: &str,
    ) -> Option<&str> {
        let mut entries = self.sites.iter().map(|site| &site.entry);
        let entry = entries.find(|entry| entry.is(lesson, twin, fingerprint))?;
        Some(&entry.reason)
    }

    /// A sentence for each entry that `is_there` does not find for any of these
    /// lessons, twins and fingerprints. An entry whose lesson was not measured is
    /// none of them: nobody looked.
    pub fn unused<'a>(
        &self,
        measured: &[&str],
        there: &[(&'a str, &'a str, &'a str)],
    ) -> Vec<String> {
        let looked = |entry: &Entry| {
            entry.lesson.as_deref().is_none_or(|lesson| measured.contains(&lesson))
        };
        let unused = |site: &&AcceptedSite| {
            let found = there.iter().any(|&(lesson, twin, fingerprint)| {
                site.entry.is(lesson, twin, fingerprint)
            });
            looked(&site.entry) && !found
        };
        let sentence = |site: &AcceptedSite| {
            format!("{}: this site does not grow here; remove the entry", site.place)
        };
        self.sites.iter().filter(unused).map(sentence).collect()
    }
}

/// Lines are counted from one.
fn line(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Accepted, String> {
        Accepted::parse(text, "accepted.toml")
    }

    #[test]
    fn an_entry_holds_where_it_says_and_everywhere_when_it_says_nothing() {
        let accepted = parse(
            "[[site]]\nfingerprint = 'a'\nreason = 'a cache'\n\
             [[site]]\nfingerprint = 'b'\nlesson = 'l09'\ntwin = 'fixed'\nreason = 'r'",
        )
        .unwrap();
        assert_eq!(accepted.reason("l01", "leaky", "a"), Some("a cache"));
        assert_eq!(accepted.reason("l09", "fixed", "b"), Some("r"));
        assert_eq!(accepted.reason("l09", "leaky", "b"), None);
        assert_eq!(accepted.reason("l01", "leaky", "c"), None);
    }

    #[test]
    fn an_entry_that_nothing_needs_is_named_with_its_line_if_anybody_looked() {
        let accepted = parse(
            "# first\n[[site]]\nfingerprint = 'a'\nreason = 'r'\n\n\
             [[site]]\nfingerprint = 'b'\nlesson = 'l09'\nreason = 'r'\n",
        )
        .unwrap();
        let unused = accepted.unused(&["l01"], &[("l01", "leaky", "b")]);
        assert_eq!(unused.len(), 1, "{unused:?}");
        assert!(unused[0].starts_with("accepted.toml:2: "), "{unused:?}");
        let used = accepted.unused(&["l09"], &[("l09", "leaky", "a")]);
        assert!(used[0].starts_with("accepted.toml:6: "), "{used:?}");
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
