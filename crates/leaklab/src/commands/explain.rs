//! `leaklab explain`: a lesson's story, with its last figures and the lines that differ.

use crate::cli::Explain;
use crate::commands::{pager, select, stored};
use crate::failure::{EXPECTED, Failure};
use anyhow::Context;
use lessons::Lesson;
use report::comparison::Comparison;
use report::stories;
use report::story::{self, Measured, Source};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where a comparison is when nobody says otherwise.
const FROM: &str = "target/leaklab/comparison.json";

/// The widest that text is easy to read, and what is left where there is less.
const WIDTH: std::ops::RangeInclusive<usize> = 40..=80;

/// Tells the story.
///
/// # Errors
/// Wrong usage: no such lesson, or not one alone; a comparison that was named and
/// cannot be read.
pub fn run(arguments: &Explain) -> Result<ExitCode, Failure> {
    let lesson = one(&arguments.lesson)?;
    let from = arguments.from.as_deref().unwrap_or(Path::new(FROM));
    let comparison = comparison(arguments)?;
    let shown = from.display().to_string();
    let measured = comparison.as_ref().and_then(|comparison| {
        let result = comparison.lessons.iter().find(|l| l.id == lesson.id)?;
        Some(Measured { comparison, lesson: result, from: &shown })
    });
    let folder = if from.is_dir() { Some(from) } else { from.parent() };
    let sources = ["leaky", "fixed"].map(|twin| source(folder, twin, lesson.id));
    let chapter =
        stories::chapter(lesson.id).context("the lesson has no chapter")?;
    let text = story::text(chapter, lesson, measured.as_ref(), &sources, width());
    pager::show(&text)?;
    Ok(ExitCode::from(EXPECTED))
}

fn one(name: &str) -> Result<&'static Lesson, Failure> {
    match select::lessons(&[name.to_owned()])?[..] {
        [one] => Ok(one),
        ref several => {
            let ids: Vec<_> = several.iter().map(|lesson| lesson.id).collect();
            Err(Failure::Usage(format!(
                "'{name}' begins {} lessons; which one? {}",
                ids.len(),
                ids.join(", ")
            )))
        }
    }
}

/// The comparison that was named must be there; the one that is usually there need not.
fn comparison(arguments: &Explain) -> Result<Option<Comparison>, Failure> {
    match &arguments.from {
        Some(from) => stored::comparison(from, "--from").map(Some),
        None if Path::new(FROM).exists() => {
            stored::comparison(Path::new(FROM), "--from").map(Some)
        }
        None => Ok(None),
    }
}

/// A twin's file: as it was when it was measured, or else as it is now beside this
/// program's own source.
fn source(folder: Option<&Path>, twin: &str, id: &str) -> Option<Source> {
    let measured = |folder: &Path| folder.join(format!("sources/{twin}/{id}.rs"));
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let own: PathBuf = crates.join(format!("{twin}/src/lessons/{id}.rs"));
    let places = folder.map(measured).into_iter().chain([own]);
    let text = places.into_iter().find_map(|at| std::fs::read_to_string(at).ok())?;
    Some(Source { name: format!("{twin}/src/lessons/{id}.rs"), text })
}

/// As wide as the terminal, within reason.
fn width() -> usize {
    let terminal = terminal_size::terminal_size();
    let columns = terminal.map_or(*WIDTH.end(), |(width, _)| usize::from(width.0));
    columns.clamp(*WIDTH.start(), *WIDTH.end())
}
