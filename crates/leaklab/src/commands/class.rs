//! `leaklab class`: sheets for a class of teams, and a page that shows who is where.

use crate::cli::{Class as Arguments, ClassStep, Format};
use crate::failure::{EXPECTED, Failure, code};
use crate::output::{name, print, print_as};
use crate::stop::Stop;
use report::whole_file;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tokio::time::sleep;
use workshop::board::Board;
use workshop::class::Class;

/// Time between two pages: the folder may be on a network.
const EVERY: Duration = Duration::from_secs(5);

/// Makes a class, or shows its results.
pub async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let refused = |error| Failure::Usage(format!("{error:#}"));
    match &arguments.step {
        ClassStep::New { teams, seed, level, dir } => {
            let class = Class::new(*teams, *seed, *level)?;
            class.write(dir).map_err(refused)?;
            let dir = name(dir);
            print(&format!(
                "{dir} has sheets for {teams} teams.
  {dir}/sheets   print them: each team gets its own, with its code
  {dir}/key.md   what leaks in each mystery, for you
  {dir}/results  share this folder only; teams export into it
Then: leaklab class board {dir}
"
            ))?;
            Ok(ExitCode::from(EXPECTED))
        }
        ClassStep::Board { dir, results, once } => {
            let class = Class::read(dir).map_err(refused)?;
            let results = results.clone().unwrap_or_else(|| dir.join("results"));
            if *once {
                let board = write(&class, dir, &results)?;
                print_as(Format::Json, &board, |_| String::new())?;
                return Ok(code(board.refused.is_empty()));
            }
            watch(&class, dir, &results).await
        }
    }
}

/// Writes the page.
fn write(class: &Class, dir: &Path, results: &Path) -> Result<Board, Failure> {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.as_secs());
    let board = Board::new(class, results, now)?;
    whole_file::write(&dir.join("board.html"), board.page().as_bytes())?;
    Ok(board)
}

async fn watch(
    class: &Class,
    dir: &Path,
    results: &Path,
) -> Result<ExitCode, Failure> {
    let stop = Stop::on_signal()?;
    write(class, dir, results)?;
    let (dir_name, results_name) = (name(dir), name(results));
    print(&format!(
        "{dir_name}/board.html follows {results_name}; open it in a browser.\n\
         Ctrl-C ends this.\n"
    ))?;
    while stop.soon.run_until_cancelled(sleep(EVERY)).await.is_some() {
        write(class, dir, results)?;
    }
    Ok(ExitCode::from(EXPECTED))
}
