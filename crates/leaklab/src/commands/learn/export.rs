//! `leaklab learn export`: a team's result, for the folder of its class.

use crate::commands::learn::progress::Progress;
use crate::failure::{EXPECTED, Failure};
use crate::output::{name, print};
use anyhow::Context;
use report::whole_file;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;
use workshop::answers;
use workshop::result::TeamResult;

/// Writes the team's file into the folder.
pub(super) fn run(
    team: u32,
    code: &str,
    answers: Option<&Path>,
    folder: &Path,
    progress: &Progress,
) -> Result<ExitCode, Failure> {
    if !folder.is_dir() {
        let folder = name(folder);
        let cure = "your trainer names the one for results";
        return Err(Failure::Usage(format!("there is no folder {folder}; {cure}")));
    }
    let mystery = answers.map(answers::read).transpose()?.unwrap_or_default();
    // What the file of the progress has beside this is not part of a result.
    let lessons = serde_json::to_value(&progress.lessons)
        .and_then(serde_json::from_value)
        .context("the progress is no result")?;
    let written_at = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_secs());
    let digest = String::new();
    let result = TeamResult { team, written_at, lessons, mystery, digest };
    let path = folder.join(format!("team-{team:02}.json"));
    whole_file::write(&path, result.signed(code)?.as_bytes())?;
    print(&format!("{} has your result.\n", name(&path)))?;
    Ok(ExitCode::from(EXPECTED))
}
