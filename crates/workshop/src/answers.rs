//! Answers about the routes of a mystery, from one of three forms.

use report::Refusal;
use report::measured::{Measured, Trend};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The answer about a route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// Whether it leaks; `None` for no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaks: Option<bool>,
    /// What it grows with, in a few words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub grows_with: String,
    /// The line, as `job_01.rs:17`. A measurement can name several.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub line: String,
}

/// Answers by the route's name.
pub type Answers = BTreeMap<String, Answer>;

/// Reads answers: the TOML form, the same as JSON, or the `measure.json` of a measurement.
///
/// # Errors
/// The file cannot be read, or has another form.
pub fn read(path: &Path) -> Result<Answers, Refusal> {
    let wrong =
        |why: &dyn std::fmt::Display| Refusal(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    if !text.trim_start().starts_with('{') {
        return toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(start).filter(|b| *b == b'\n').count() + 1;
            Refusal(format!("{}:{line}: {}", path.display(), error.message()))
        });
    }
    match serde_json::from_str::<Answers>(&text) {
        Ok(answers) => Ok(answers),
        Err(_) if text.contains("\"schema\"") => {
            let measured = Measured::read(path, "the answers in")?;
            Ok(measured
                .requests
                .iter()
                .map(|r| (r.name.clone(), found(r)))
                .collect())
        }
        Err(error) => Err(wrong(&error)),
    }
}

/// What a measurement says about a route.
fn found(request: &report::measured::RequestResult) -> Answer {
    let peaks = request.traffic.peaks.as_ref();
    let (leaks, grows_with) = match request.verdict {
        Trend::Leaks => (Some(true), "requests"),
        Trend::GrowsWith => (Some(true), peaks.map_or("", |peaks| &peaks.of)),
        Trend::Flat | Trend::Plateau => (Some(false), ""),
        Trend::Inconclusive => (None, ""),
    };
    let lines = request.sites.iter().filter_map(|site| site.in_app_frame.clone());
    // Its first ones hold the most.
    let lines: Vec<_> = lines.take(3).collect();
    Answer { leaks, grows_with: grows_with.to_owned(), line: lines.join(" ") }
}
