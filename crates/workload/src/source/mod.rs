//! Other forms of requests, rewritten as the text of a `.http` file, which can be shown
//! and edited: HAR files and OpenAPI documents.

mod files;
mod har;
mod openapi;
mod pattern;
mod schema;
#[cfg(test)]
mod tests;

use crate::http_file::{HttpFile, HttpFileError};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// The text of a `.http` file, and what it lacks.
#[derive(Debug, Default)]
pub struct Source {
    /// The text.
    pub text: String,
    /// Headers with credentials that the document asks for and has no values of.
    pub headers: Vec<String>,
}

/// What is wrong with a document, and where: line and column, or a JSON pointer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(String);

impl From<serde_json::Error> for SourceError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        Self(format!("line {line}, column {column}: {what}"))
    }
}

impl SourceError {
    fn at(pointer: &str, what: &str) -> Self {
        Self(format!("{pointer}: {what}"))
    }
}

impl Source {
    /// Rewrites a HAR file or an OpenAPI document; its content says which it is. Other
    /// texts stay as they are, without scripts. `origin`, such as `http://127.0.0.1:8080`,
    /// is where the service is known to be, and else the document says so. `path` is where
    /// the text was read, for files that it refers to.
    ///
    /// # Errors
    /// The text is JSON or YAML, but broken or something else.
    pub fn read(
        text: &str,
        origin: Option<&str>,
        path: Option<&Path>,
    ) -> Result<Self, SourceError> {
        let text = text.trim_start_matches('\u{feff}');
        let document: Value = if is_json(text) {
            serde_json::from_str(text)?
        } else if is_yaml(text) {
            yaml_serde::from_str(text)
                .map_err(|error| SourceError(error.to_string()))?
        } else {
            return Ok(Self { text: without_scripts(text), headers: Vec::new() });
        };
        if document.get("log").is_some() {
            // Read again, because errors in a value have no line.
            return Ok(written(&har::requests(text)?, Vec::new()));
        }
        let version = document.get("openapi").and_then(Value::as_str);
        if version.is_some_and(|version| version.starts_with("3.")) {
            let document = files::bundled(document, path)?;
            let (requests, headers) = openapi::requests(&document, origin)?;
            return Ok(written(&requests, headers));
        }
        let what = "expected a HAR file (log) or an OpenAPI document (openapi: 3.x)";
        Err(SourceError::at("#", what))
    }
}

/// A `.http` file may begin with `{{host}}`.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(['{', '[']) && !text.starts_with("{{")
}

/// Its first line is a key. A request's is a method and a URL.
fn is_yaml(text: &str) -> bool {
    let words = |line: &&str| !line.is_empty() && !line.starts_with(['#', '-', '%']);
    let first = text.lines().map(str::trim_end).find(words).unwrap_or_default();
    let is_key = |key: &str| !key.contains([' ', '/', '{', '@']);
    first.split_once(':').is_some_and(|(key, value)| {
        is_key(key) && (value.is_empty() || value.starts_with(' '))
    })
}

/// Empties the lines with scripts of an editor's client, and with responses that it kept.
fn without_scripts(text: &str) -> String {
    let mut script = false;
    let mut kept = |line: &str| {
        script |= line.starts_with("> {%") || line.starts_with("< {%");
        let dropped = script || line.starts_with("<> ");
        script &= !line.trim_end().ends_with("%}");
        format!("{}\n", if dropped { "" } else { line })
    };
    text.lines().map(&mut kept).collect()
}

/// A request whose texts are those of a `.http` file.
#[derive(Debug, Default)]
struct Made {
    name: String,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: String,
    /// For `# @client`; empty for one that reads.
    client: &'static str,
}

/// What a `.http` file reads as something else, such as `###` at the beginning of a
/// body's line, is written with these variables.
const SPECIAL: [(&str, &str); 3] = [("brace", "{"), ("hash", "#"), ("less", "<")];

/// A text of the document, without what would be read as a variable.
fn literal(text: &str) -> String {
    text.replace("{{", "{{brace}}{{brace}}")
}

fn written(requests: &[Made], headers: Vec<String>) -> Source {
    let mut made = String::new();
    for Made { name, method, url, headers, body, client } in requests {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let url = url.replace(' ', "%20");
        let _ = writeln!(made, "\n### {name}");
        if !client.is_empty() {
            let _ = writeln!(made, "# @client {client}");
        }
        let _ = writeln!(made, "{method} {url}");
        for (name, value) in headers {
            let _ = writeln!(made, "{name}: {}", value.replace(['\r', '\n'], " "));
        }
        let body = format!("\n{}", body.replace('\r', ""));
        let body = body.replace("\n###", "\n{{hash}}##");
        let body = body.replace("\n< ", "\n{{less}} ");
        if body.len() > 1 {
            let _ = writeln!(made, "{body}");
        }
    }
    let mut text =
        "# Made by leaklab. {{n}} and {{$uuid}} differ each time.\n".to_owned();
    for (name, character) in SPECIAL {
        if made.contains(&format!("{{{{{name}}}}}")) {
            let _ = writeln!(text, "@{name} = {character}");
        }
    }
    Source { text: text + &made, headers }
}

/// A multipart body with the line ends that its format demands. Editors write others.
pub(crate) fn lines_of_multipart(
    headers: &[(String, String)],
    body: String,
) -> String {
    let is_type = |(_, value): &(String, String)| value.starts_with("multipart/");
    match headers.iter().any(is_type) {
        true => body.replace('\n', "\r\n"),
        false => body,
    }
}

impl HttpFile {
    /// Sends a header with every request, in place of the file's.
    ///
    /// # Errors
    /// It has a variable that nothing defines.
    pub fn set_header(
        &mut self,
        name: &str,
        value: &str,
    ) -> Result<(), HttpFileError> {
        self.check_variables(value)?;
        for request in &mut self.requests {
            request.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            request.headers.push((name.to_owned(), value.to_owned()));
        }
        Ok(())
    }
}
