//! What a chapter says of its lesson to the indexes: TOML in a comment at its top.

use crate::repository::text;
use serde::Deserialize;

/// The front matter of a chapter; a control has `believed` and `measured`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Chapter {
    pub(crate) leaky: String,
    pub(crate) fixed: String,
    pub(crate) believed: String,
    pub(crate) measured: String,
    pub(crate) symptoms: Vec<Symptom>,
    pub(crate) metrics: Vec<String>,
    pub(crate) crates: Vec<Crate>,
}

/// A row of the index by symptom.
#[derive(Debug, Deserialize)]
pub(crate) struct Symptom {
    pub(crate) group: String,
    pub(crate) see: String,
    pub(crate) look: String,
}

/// A row of the index by crate.
#[derive(Debug, Deserialize)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) what: String,
}

/// Reads the front matter of a lesson's chapter.
pub(crate) fn chapter(id: &str) -> Chapter {
    let path = format!("docs/lessons/{id}.md");
    let document = text(&path);
    let front = document.strip_prefix("<!--\n").and_then(|d| d.split_once("-->"));
    let front = front.map_or("", |(front, _)| front);
    toml::from_str(front).unwrap_or_else(|error| panic!("{path}: {error}"))
}
