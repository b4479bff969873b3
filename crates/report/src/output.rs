//! The folder with a run's files.

use crate::Refusal;
use crate::comparison::Comparison;
use crate::page::{self, Folder};
use crate::{junit, markdown, whole_file};
use anyhow::{Context, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A twin's source of a lesson in this repository. The twins share the controls.
pub fn source(twin: &str, lesson: &str) -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = format!("src/lessons/{lesson}.rs");
    let shared = crates.join("controls").join(&file);
    if shared.exists() { shared } else { crates.join(twin).join(file) }
}

/// An output folder that can be written to.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
}

impl Output {
    /// Makes the folder, and checks that it can be written to before anything is
    /// measured.
    pub fn create(folder: &Path) -> Result<Self, Refusal> {
        let refuse = |error: std::io::Error| {
            let folder = folder.display();
            Refusal(format!(
                "cannot write to {folder} ({error}); choose another --out"
            ))
        };
        fs::create_dir_all(folder.join("profiles")).map_err(refuse)?;
        NamedTempFile::new_in(folder).map_err(refuse)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes all files that are made from a comparison.
    ///
    /// # Errors
    /// A file cannot be written, or a source cannot be read.
    pub fn publish(&self, comparison: &Comparison) -> Result<()> {
        self.keep_sources(comparison)?;
        self.write_comparison(comparison)?;
        let page = page::render(&Folder::new(&self.folder, comparison));
        self.write(page::FILE, page.as_bytes())?;
        // For a job and its pull request.
        let xml = junit::document(comparison)
            .context("the result has no form in JUnit XML")?;
        self.write("junit.xml", xml.as_bytes())?;
        self.write("summary.md", markdown::summary(comparison).as_bytes())
    }

    /// Keeps each lesson's result beside those of earlier runs as well, so that a run of
    /// one lesson does not forget the others.
    fn write_comparison(&self, comparison: &Comparison) -> Result<()> {
        let context = "the result has no JSON form";
        let json = serde_json::to_string_pretty(comparison).context(context)?;
        self.write("comparison.json", format!("{json}\n").as_bytes())?;
        for lesson in &comparison.lessons {
            let lessons = vec![lesson.clone()];
            let one = Comparison { lessons, baseline: None, ..comparison.clone() };
            let json = serde_json::to_vec(&one).context(context)?;
            self.write(&format!("lessons/{}.json", lesson.id), &json)?;
        }
        Ok(())
    }

    /// Copies each twin's source of each lesson, so that a report can be made from the
    /// folder alone, anywhere, and shows the lines that were measured. A source that is
    /// not there is left out.
    fn keep_sources(&self, comparison: &Comparison) -> Result<()> {
        for lesson in &comparison.lessons {
            let id = &lesson.id;
            for (twin, _) in lesson.both() {
                match fs::read(source(twin, id)) {
                    Ok(text) => {
                        self.write(&format!("sources/{twin}/{id}.rs"), &text)?
                    }
                    // The program was moved to another machine.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error).context("cannot read a source"),
                }
            }
        }
        Ok(())
    }

    /// Writes a file of this name in the folder.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        whole_file::write(&self.folder.join(name), bytes)
    }
}
