//! `leaklab explain`: a lesson's chapter, with its last figures and the lines that differ.

use crate::cli::{COMPARISON, Explain};
use crate::commands::{pager, select};
use crate::failure::{EXPECTED, Failure};
use crate::output;
use anyhow::Context;
use report::chapter::{self, Measured, Source};
use report::stored;
use std::path::Path;
use std::process::ExitCode;

/// Where runs keep the results of single lessons, of which the last one may have others.
const LESSONS: &str = "target/leaklab/lessons";

/// The most columns that are easy to read.
const WIDTH: usize = 100;

/// Prints the chapter.
pub fn run(arguments: &Explain) -> Result<ExitCode, Failure> {
    let lesson = select::one(&arguments.lesson)?;
    let kept = Path::new(LESSONS).join(format!("{}.json", lesson.id));
    let default = if kept.exists() { &kept } else { Path::new(COMPARISON) };
    let from = arguments.from.as_deref().unwrap_or(default);
    // A comparison that was named must exist; the default one need not.
    let exists = arguments.from.is_some() || from.exists();
    let comparison =
        exists.then(|| stored::comparison(from, "--from")).transpose()?;
    let shown = output::name(from);
    let measured = comparison.as_ref().and_then(|comparison| {
        let result = comparison.lessons.iter().find(|l| l.id == lesson.id)?;
        Some(Measured { comparison, lesson: result, from: &shown })
    });
    let run = arguments.from.as_deref().unwrap_or(Path::new(COMPARISON));
    let folder = if run.is_dir() { Some(run) } else { run.parent() };
    let sources = ["leaky", "fixed"].map(|twin| source(folder, twin, lesson.id));
    let chapter = lessons::chapters::chapter(lesson.id);
    let chapter = chapter.context("the lesson has no chapter")?;
    let width = output::width(WIDTH);
    let text = chapter::text(chapter, lesson, measured.as_ref(), &sources, width);
    pager::show(&text)?;
    Ok(ExitCode::from(EXPECTED))
}

/// A twin's file: as it was when it was measured, or else as it is now in this
/// repository.
fn source(folder: Option<&Path>, twin: &str, id: &str) -> Option<Source> {
    let measured =
        folder.map(|folder| folder.join(format!("sources/{twin}/{id}.rs")));
    let places = measured.into_iter().chain([report::source(twin, id)]);
    let text = places.into_iter().find_map(|at| std::fs::read_to_string(at).ok())?;
    Some(Source { name: format!("{twin}/src/lessons/{id}.rs"), text })
}
