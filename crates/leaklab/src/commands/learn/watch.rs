//! `learn watch`: a check whenever the exercise's file has been saved.

use crate::cli::Format;
use crate::commands::learn::check_step;
use crate::commands::learn::exercise::Exercise;
use crate::commands::learn::progress::Progress;
use crate::failure::{EXPECTED, Failure};
use crate::output::{Keep, say};
use crate::stop::Stop;
use lessons::Lesson;
use report::repair::Outcome;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Checks until the lesson is repaired, or Ctrl-C.
pub(super) async fn run(
    lesson: &'static Lesson,
    root: &Path,
    format: Format,
) -> Result<ExitCode, Failure> {
    let file = Exercise::of(lesson, root)?.path;
    let stop = Stop::on_signal()?;
    loop {
        // Before the check, so that a save meanwhile is not missed.
        let checked = saved(&file);
        match check_step(lesson, false, root, Progress::read(root)?, format).await {
            Ok(Outcome::Repaired) => return Ok(ExitCode::from(EXPECTED)),
            Ok(_) => {}
            // The file doesn't compile, or the machine was too busy for a verdict.
            Err(failure @ (Failure::Usage(_) | Failure::Broken(_))) => {
                say(&format!("leaklab: {failure}"), Keep::Nothing);
            }
            Err(other) => return Err(other),
        }
        say("\nWaiting for a save; Ctrl-C ends.", Keep::Lines);
        while saved(&file).is_none_or(|now| Some(now) == checked) {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.soon.cancelled() => return Err(Failure::interrupted()),
            }
        }
    }
}

/// When the file was saved; `None` while an editor replaces it.
fn saved(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|file| file.modified()).ok()
}
