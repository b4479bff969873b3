//! References of an OpenAPI document to other files, which are read into it.

use super::SourceError;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where the other files are put: `#/x-files/0` is the first one.
const FILES: &str = "x-files";

/// Puts the files that a document refers to into it. `path` is that of the document; it
/// may have none that is known.
pub(super) fn bundled(
    mut document: Value,
    path: Option<&Path>,
) -> Result<Value, SourceError> {
    let mut files = Files { paths: Vec::new(), texts: Vec::new() };
    files.rewrite(&mut document, path, "")?;
    if let (false, Some(root)) = (files.texts.is_empty(), document.as_object_mut()) {
        let texts = files.texts.into_iter().enumerate();
        let texts: Map<_, _> =
            texts.map(|(n, text)| (n.to_string(), text)).collect();
        root.insert(FILES.to_owned(), texts.into());
    }
    Ok(document)
}

struct Files {
    paths: Vec<PathBuf>,
    texts: Vec<Value>,
}

impl Files {
    /// Rewrites each `$ref` in a part of the file at `path`, whose content is at `place`.
    fn rewrite(
        &mut self,
        part: &mut Value,
        path: Option<&Path>,
        place: &str,
    ) -> Result<(), SourceError> {
        match part {
            Value::Array(items) => {
                items.iter_mut().try_for_each(|item| self.rewrite(item, path, place))
            }
            Value::Object(object) => {
                for (key, value) in object {
                    match value {
                        Value::String(to) if key == "$ref" => {
                            *to = self.reference(to, path, place)?;
                        }
                        value => self.rewrite(value, path, place)?,
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn reference(
        &mut self,
        to: &str,
        from: Option<&Path>,
        place: &str,
    ) -> Result<String, SourceError> {
        let (file, pointer) = to.split_once('#').unwrap_or((to, ""));
        if file.is_empty() {
            return Ok(format!("#{place}{pointer}"));
        }
        let wrong = |what: &str| SourceError::at(to, what);
        if file.contains("://") {
            return Err(wrong(
                "a $ref to another host; save that document as a file",
            ));
        }
        let from = from.ok_or_else(|| {
            wrong("a $ref to another file; save both documents as files")
        })?;
        let file = percent_encoding::percent_decode_str(file).decode_utf8_lossy();
        let path = from.with_file_name(&*file);
        let n = self.number(&path).map_err(|why| wrong(&why))?;
        Ok(format!("#/{FILES}/{n}{pointer}"))
    }

    /// The number of a file, which is read if it is new; or what is wrong.
    fn number(&mut self, path: &Path) -> Result<usize, String> {
        let shown = path.display();
        let not_read = |error| format!("cannot read {shown} ({error})");
        let path = path.canonicalize().map_err(not_read)?;
        if let Some(known) = self.paths.iter().position(|known| *known == path) {
            return Ok(known);
        }
        let text = std::fs::read_to_string(&path).map_err(not_read)?;
        // JSON is YAML, too.
        let mut content: Value = yaml_serde::from_str(&text)
            .map_err(|error| format!("{shown}: {error}"))?;
        let n = self.paths.len();
        self.paths.push(path.clone());
        self.texts.push(Value::Null);
        let place = format!("/{FILES}/{n}");
        self.rewrite(&mut content, Some(&path), &place)
            .map_err(|error| format!("{shown}: {error}"))?;
        self.texts[n] = content;
        Ok(n)
    }
}
