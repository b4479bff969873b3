//! Requests that may grow, each with a reason, an owner and a last day: the file for
//! `measure --accept`.

use super::{RequestResult, Trend};
use crate::Refusal;
use crate::baseline::{entries, read};
use crate::figures::{bytes, size};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::SystemTime;
use toml::value::Datetime;

/// What an entry has, for the message about one that is wrong.
const KEYS: &str = "a [[request]] has name, reason, owner and expires (a date, such as \
                    2027-03-31), and may have up_to_bytes";

/// The requests that may grow.
#[derive(Debug, Default)]
pub struct AcceptedRequests {
    /// Each with its place in the file: `accepted.toml:7`.
    entries: Vec<(String, Entry)>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    request: Vec<toml::Spanned<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
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

impl AcceptedRequests {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, is no TOML, has unknown keys, or an entry lacks something. The
    /// message names file and line.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        read(path, "requests", Self::parse)
    }

    fn parse(text: &str, shown: &str) -> Result<Self, String> {
        let all = entries(text, shown, KEYS, |file: File| file.request)?;
        for (place, Entry { name, reason, owner, expires, .. }) in &all {
            if [name, reason, owner].into_iter().any(|text| text.trim().is_empty()) {
                let not = "name, reason and owner must not be empty";
                return Err(format!("{place}: {not}"));
            }
            if expires.date.is_none() || expires.time.is_some() {
                let not = "expires must be a date, such as 2027-03-31";
                return Err(format!("{place}: {not}"));
            }
        }
        Ok(Self { entries: all })
    }

    /// Why this request may grow, if it may or might until its last day.
    pub(super) fn of(&self, name: &str) -> Option<Acceptance> {
        let (_, entry) =
            self.entries.iter().find(|(_, entry)| entry.name == name)?;
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
    pub fn unused(&self, known: &[&str], measured: &[RequestResult]) -> Vec<String> {
        let sentence = |(place, Entry { name, .. }): &(String, Entry)| {
            if !known.contains(&name.as_str()) {
                return Some(format!("{place}: there is no request {name}"));
            }
            let idle = measured.iter().any(|r| r.name == *name && !r.grows());
            idle.then(|| format!("{place}: {name} does not grow; remove the entry"))
        };
        self.entries.iter().filter_map(sentence).collect()
    }
}

impl Acceptance {
    /// Why it does not cover a request that grows, if it does not.
    pub(super) fn refuses(&self, request: &RequestResult) -> Option<String> {
        let Self { owner, expires, .. } = self;
        if self.expired {
            return Some(format!(
                "that was accepted until {expires} only (owner: {owner})"
            ));
        }
        let most = self.up_to_bytes?;
        let more = request.verdict == Trend::Leaks
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

    fn parse(text: &str) -> Result<AcceptedRequests, String> {
        AcceptedRequests::parse(text, "accepted.toml")
    }

    #[test]
    fn an_entry_has_a_last_day_and_belongs_to_a_request() {
        let entry = |name, expires| {
            format!(
                "[[request]]\nname = '{name}'\nreason = 'r'\nowner = 'o'\n\
                 expires = {expires}\n"
            )
        };
        let file = entry("pay", "9999-12-31") + &entry("cart", "2020-01-01");
        let accepted = parse(&file).unwrap();
        assert!(!accepted.of("pay").unwrap().expired);
        assert!(accepted.of("cart").unwrap().expired);
        assert!(accepted.of("other").is_none());
        let said = accepted.unused(&["pay"], &[]);
        assert_eq!(said, ["accepted.toml:6: there is no request cart"]);
        for (text, line, named) in [
            (entry("a", "'2027-01-01'"), 5, "expires"),
            (entry("a", "12:00:00"), 1, "a date"),
            (entry(" ", "2027-01-01"), 1, "empty"),
            ("[[request]]\nname = 'a'\nreason = 'r'\n".to_owned(), 1, "owner"),
            ("[[site]]\n".to_owned(), 1, "site"),
        ] {
            let said = parse(&text).unwrap_err();
            let place = format!("accepted.toml:{line}: ");
            assert!(said.starts_with(&place) && said.contains(named), "{said}");
        }
    }
}
