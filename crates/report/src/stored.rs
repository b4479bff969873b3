//! Reading a `comparison.json` that an earlier run wrote.

use crate::Refusal;
use crate::comparison::{Comparison, SCHEMA};
use profile::text::{Keep, visible};
use serde::Deserialize;
use serde_json::Value;
use std::io::ErrorKind;
use std::path::Path;

/// What every version of the contract has.
#[derive(Deserialize)]
struct Version {
    schema: u32,
}

/// Reads a `comparison.json`, or the one in this folder. `option` is its name on the
/// command line.
///
/// # Errors
/// There is no such file, or it is no comparison of this schema.
pub fn comparison(path: &Path, option: &str) -> Result<Comparison, Refusal> {
    let path = &match path.is_dir() {
        true => path.join("comparison.json"),
        false => path.to_owned(),
    };
    let shown = path.display();
    let text = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Refusal(format!(
            "there is no {shown}: run ./scripts/compare.sh first, or name a \
             comparison with {option}"
        )),
        _ => Refusal(format!(
            "cannot read {shown} ({error}); name another file with {option}"
        )),
    })?;
    let refuse = |error: serde_json::Error| {
        Refusal(format!(
            "{shown} is no comparison ({error}); name a comparison.json with {option}"
        ))
    };
    // The version first: the rest of another version may have any form.
    let Version { schema } = serde_json::from_slice(&text).map_err(refuse)?;
    let cure = match schema {
        SCHEMA => {
            let mut value = serde_json::from_slice(&text).map_err(refuse)?;
            show_controls(&mut value);
            return Comparison::deserialize(value).map_err(refuse);
        }
        0..SCHEMA => "measure again with ./scripts/compare.sh",
        _ => "read it with the leaklab that wrote it",
    };
    Err(Refusal(format!(
        "{shown} has schema {schema}, but this leaklab reads schema {SCHEMA}: {cure}"
    )))
}

/// Everything in a comparison can be printed, and it may come from anywhere.
fn show_controls(value: &mut Value) {
    match value {
        Value::String(text) => {
            *text = visible(text, Keep::Nothing).into_owned();
        }
        Value::Array(values) => values.iter_mut().for_each(show_controls),
        Value::Object(fields) => {
            let shown =
                std::mem::take(fields).into_iter().map(|(key, mut value)| {
                    show_controls(&mut value);
                    (visible(&key, Keep::Nothing).into_owned(), value)
                });
            *fields = shown.collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_comparison_of_this_schema_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            std::fs::write(folder.path().join("comparison.json"), text).unwrap();
            comparison(folder.path(), "--from").map_err(|refusal| refusal.0)
        };
        let made = include_str!("../tests/made/comparison.json");
        assert!(read(made).is_ok());
        let old = made.replace("\"schema\": 2", "\"schema\": 1");
        for (text, parts) in [
            (old.as_str(), &["schema 1,", "measure again"][..]),
            (r#"{"schema": 3, "lessons": 1}"#, &["schema 3,", "that wrote it"]),
            (r#"{"schema": 0}"#, &["schema 0,", "measure again"]),
            (r#"{"schema": 2}"#, &["no comparison (missing field", "--from"]),
            ("", &["no comparison", "--from"]),
        ] {
            let said = read(text).unwrap_err();
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        }
        let title = made.replace("leaky", "\\u001b]0;title\\u0007leaky");
        let title = serde_json::to_string(&read(&title).unwrap()).unwrap();
        assert!(!title.contains("\\u001b") || title.contains("\\\\u001b]0;title"));
        let none = folder.path().join("none.json");
        let said = comparison(&none, "--baseline").unwrap_err().0;
        assert!(
            said.contains("compare.sh") && said.contains("--baseline"),
            "{said}"
        );
    }
}
