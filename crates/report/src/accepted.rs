//! Growth that may stay, each with a reason: the file for `--accept`, with sites of a
//! comparison and requests of a measurement.

use crate::Refusal;
use crate::figures::{bytes, size};
use crate::measured::{RequestResult, Trend};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::SystemTime;
use toml::Spanned;
use toml::value::Datetime;

/// What entries have, for the message about one that is wrong.
const KEYS: &str = "a [[site]] has fingerprint and reason, and may have lesson and twin; \
                    a [[request]] has name, reason, owner and expires (a date, such as \
                    2027-03-31), and may have up_to_bytes";

/// The growth that may stay, each entry with its place in the file: `accepted.toml:7`.
#[derive(Debug, Default)]
pub struct Accepted {
    sites: Vec<(String, Site)>,
    requests: Vec<(String, Request)>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    site: Vec<Spanned<Site>>,
    #[serde(default)]
    request: Vec<Spanned<Request>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    fingerprint: String,
    reason: String,
    /// Without it, in every lesson.
    lesson: Option<String>,
    /// Without it, in every twin.
    twin: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    name: String,
    reason: String,
    owner: String,
    expires: Datetime,
    /// Without it, by any number of bytes.
    up_to_bytes: Option<f64>,
}

/// Why a request may grow: a part of `measure.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acceptance {
    /// Why it may.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day, such as 2027-03-31.
    pub expires: String,
    /// Whether that day is over.
    pub expired: bool,
    /// The most bytes that each request may add.
    pub up_to_bytes: Option<f64>,
}

impl Site {
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
    /// It cannot be read, is no TOML, has unknown keys, or an entry lacks something. The
    /// message names file and line.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let cure = "name a file of accepted growth with --accept";
            Refusal(format!("cannot read {shown} ({error}); {cure}"))
        })?;
        Self::parse(&text, &shown).map_err(Refusal)
    }

    fn parse(text: &str, shown: &str) -> Result<Self, String> {
        let place = |at: usize| {
            let before = text.as_bytes().iter().take(at);
            let line = before.filter(|byte| **byte == b'\n').count() + 1;
            format!("{shown}:{line}")
        };
        let File { site, request } = toml::from_str(text).map_err(|error| {
            let place = place(error.span().map_or(0, |span| span.start));
            let message = error.message().replace('\n', ", ");
            format!("{place}: {message}; {KEYS}")
        })?;
        let is_empty =
            |texts: &[&String]| texts.iter().any(|text| text.trim().is_empty());
        let (sites, requests) = (placed(site, place), placed(request, place));
        for (place, Site { fingerprint, reason, .. }) in &sites {
            if is_empty(&[fingerprint, reason]) {
                return Err(format!(
                    "{place}: fingerprint and reason must not be empty; the reason \
                     explains why this memory may stay"
                ));
            }
        }
        for (place, Request { name, reason, owner, expires, .. }) in &requests {
            let not = if is_empty(&[name, reason, owner]) {
                "name, reason and owner must not be empty"
            } else if expires.date.is_none() || expires.time.is_some() {
                "expires must be a date, such as 2027-03-31"
            } else {
                continue;
            };
            return Err(format!("{place}: {not}"));
        }
        Ok(Self { sites, requests })
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
    pub fn unused_sites<'a>(
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
        let sentence = |(place, _): &(String, Site)| {
            format!("{place}: this site does not grow here; remove the entry")
        };
        unused.map(sentence).collect()
    }

    /// Why this request may grow, if it may or might until its last day.
    pub(crate) fn request(&self, name: &str) -> Option<Acceptance> {
        let (_, entry) =
            self.requests.iter().find(|(_, entry)| entry.name == name)?;
        let expires = entry.expires.to_string();
        let today =
            DateTime::<Utc>::from(SystemTime::now()).date_naive().to_string();
        Some(Acceptance {
            reason: entry.reason.clone(),
            owner: entry.owner.clone(),
            // Dates of this form have the order of their texts.
            expired: expires < today,
            expires,
            up_to_bytes: entry.up_to_bytes,
        })
    }

    /// A sentence for each entry that no request needs. Those of requests that were not
    /// measured are left alone; `known` are all of the file.
    pub fn unused_requests(
        &self,
        known: &[&str],
        measured: &[RequestResult],
    ) -> Vec<String> {
        let sentence = |(place, Request { name, .. }): &(String, Request)| {
            if !known.contains(&name.as_str()) {
                return Some(format!("{place}: there is no request {name}"));
            }
            let idle = measured.iter().any(|r| r.name == *name && !r.grows());
            idle.then(|| format!("{place}: {name} does not grow; remove the entry"))
        };
        self.requests.iter().filter_map(sentence).collect()
    }
}

fn placed<T>(
    entries: Vec<Spanned<T>>,
    place: impl Fn(usize) -> String,
) -> Vec<(String, T)> {
    let placed = |entry: Spanned<T>| (place(entry.span().start), entry.into_inner());
    entries.into_iter().map(placed).collect()
}

impl Acceptance {
    /// Why it does not cover a request that grows, if it does not.
    pub(crate) fn refuses(&self, request: &RequestResult) -> Option<String> {
        let Self { owner, expires, .. } = self;
        if self.expired {
            return Some(format!(
                "that was accepted until {expires} only (owner: {owner})"
            ));
        }
        let most = self.up_to_bytes?;
        let more = request.heap() == Trend::Leaks
            && request.slope_bytes_per_request
                > most + request.detection_limit_bytes_per_request;
        more.then(|| format!("only {} B are accepted (owner: {owner})", bytes(most)))
    }

    /// As a phrase.
    pub(crate) fn words(&self) -> String {
        let Self { reason, owner, expires, up_to_bytes, .. } = self;
        let most = up_to_bytes.map(|most| format!(", up to {} B", size(most)));
        let most = most.unwrap_or_default();
        format!("accepted until {expires}{most}: {reason} (owner: {owner})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Accepted, String> {
        Accepted::parse(text, "accepted.toml")
    }

    fn request(name: &str, expires: &str) -> String {
        format!(
            "[[request]]\nname = '{name}'\nreason = 'r'\nowner = 'o'\n\
             expires = {expires}\n"
        )
    }

    #[test]
    fn a_site_applies_where_it_says_or_everywhere() {
        let accepted = parse(
            "# first\n[[site]]\nfingerprint = 'a'\nreason = 'a cache'\n\n\
             [[site]]\nfingerprint = 'b'\nlesson = 'l09'\ntwin = 'fixed'\nreason = 'r'",
        )
        .unwrap();
        assert_eq!(accepted.reason("l01", "leaky", "a"), Some("a cache"));
        assert_eq!(accepted.reason("l09", "fixed", "b"), Some("r"));
        assert_eq!(accepted.reason("l09", "leaky", "b"), None);
        assert_eq!(accepted.reason("l01", "leaky", "c"), None);
        let unused =
            |measured, site| accepted.unused_sites(&[measured], &[site]).concat();
        let a = unused("l01", ("l01", "leaky", "b"));
        assert!(a.starts_with("accepted.toml:2: ") && !a.contains(":6:"), "{a}");
        let b = unused("l09", ("l09", "leaky", "a"));
        assert!(b.starts_with("accepted.toml:6: "), "{b}");
    }

    #[test]
    fn a_request_has_a_last_day() {
        let file = request("pay", "9999-12-31") + &request("cart", "2020-01-01");
        let accepted = parse(&file).unwrap();
        assert!(!accepted.request("pay").unwrap().expired);
        assert!(accepted.request("cart").unwrap().expired);
        assert!(accepted.request("other").is_none());
        let said = accepted.unused_requests(&["pay"], &[]);
        assert_eq!(said, ["accepted.toml:6: there is no request cart"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let [late, early, unnamed] =
            [("a", "'2027-01-01'"), ("a", "12:00:00"), (" ", "2027-01-01")]
                .map(|(name, expires)| request(name, expires));
        let faults = [
            ("[[site]]\nfingerprint = 'a'\nreasons = 'r'\n", 3, "reasons"),
            ("[[site]]\nfingerprint = 'a'\n", 1, "reason"),
            ("\n[[site]]\nfingerprint = 'a'\nreason = ' '\n", 2, "reason"),
            ("[[site]]\nfingerprint = ''\nreason = 'r'\n", 1, "fingerprint"),
            ("[[sites]]\nfingerprint = 'a'\n", 1, "sites"),
            ("[[site]]\nfingerprint = 'a\n", 2, ""),
            (&*late, 5, "expires"),
            (&*early, 1, "a date"),
            (&*unnamed, 1, "empty"),
            ("[[request]]\nname = 'a'\nreason = 'r'\n", 1, "owner"),
        ];
        for (text, line, named) in faults {
            let said = parse(text).unwrap_err();
            let place = format!("accepted.toml:{line}: ");
            assert!(said.starts_with(&place) && said.contains(named), "{said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }
}
