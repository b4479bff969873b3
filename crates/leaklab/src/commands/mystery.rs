//! `leaklab mystery`: builds and starts a service whose leaks are to be found, and grades answers.

use crate::cli::{Mystery as Arguments, MysteryStep};
use crate::commands::learn::exercise::{build_package, workspace};
use crate::commands::measure::source;
use crate::commands::seed;
use crate::failure::{Failure, code};
use crate::output::{Keep, name, print, print_as, say};
use crate::run::{Database, EngineChoice, Run, Under};
use crate::stop::Stop;
use anyhow::{Context, Result, bail};
use measure::Process;
use report::whole_file;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workshop::{DATA_SEED, Mystery, SETTINGS, answers};

/// The program, which its package names too.
const PROGRAM: &str = "mystery";

/// Starts the service until a signal, or grades answers.
pub async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mystery = Mystery::new(arguments.seed, arguments.level);
    if let Some(MysteryStep::Grade { answers, format }) = &arguments.step {
        let grade = mystery.grade(&answers::read(answers)?)?;
        print_as(*format, &grade, workshop::Grade::text)?;
        return Ok(code(grade.points == grade.of));
    }
    let root = workspace()?;
    let folder = folder(&mystery, arguments, &root)?;
    let sources = folder.join("src");
    // Of another draw into the same folder.
    let _ = std::fs::remove_dir_all(&sources);
    for (file, text) in mystery.files() {
        whole_file::write(&sources.join(file), text.as_bytes())?;
    }
    build_package(&root, PROGRAM, &[], &[("LEAKLAB_MYSTERY", &sources)])?;
    let Stop { soon, now } = Stop::on_signal()?;
    // The first signal stops the service below, in order, and the second one the run.
    let run =
        Run::new(EngineChoice::Embedded, Stop { soon: now, ..Stop::default() })?;
    let served = async |database: &Database| {
        let served = serve(&mystery, arguments, &run, database, &folder);
        let (mut service, text) = served.await?;
        print(&text)?;
        service.show_log();
        tokio::select! {
            () = soon.cancelled() => {}
            how = service.ended() => bail!(how),
        }
        say("stopping", Keep::Nothing);
        service.stop().await;
        Ok(())
    };
    run.with_database(PROGRAM, served).await?;
    Ok(ExitCode::SUCCESS)
}

/// Where its files go.
fn folder(mystery: &Mystery, arguments: &Arguments, root: &Path) -> Result<PathBuf> {
    let named = format!("{}-{}", mystery.seed, mystery.level.as_str());
    let below = || root.join("target/leaklab/mystery").join(named);
    let folder = arguments.out.clone().unwrap_or_else(below);
    std::path::absolute(&folder)
        .with_context(|| format!("cannot find {}", folder.display()))
}

/// Starts it, writes its files, and says what to do.
async fn serve(
    mystery: &Mystery,
    arguments: &Arguments,
    run: &Run,
    database: &Database,
    folder: &Path,
) -> Result<(Process, String)> {
    seed::fill(&database.table, DATA_SEED).await?;
    database.table.put(mystery.data()).await.context("cannot fill the table")?;
    let under = Under { listen: Some(arguments.listen), ..Under::default() };
    let target = &database.target;
    let started = under.start(PROGRAM, run, database, target, &SETTINGS);
    let service = started.await?.process;
    let address = service.address();
    let url = format!("http://{address}");
    let document = source::get(address, "/openapi.json").await?;
    let requests = folder.join("mystery.http");
    for (path, text) in [
        (folder.join("openapi.json"), document),
        (requests.clone(), mystery.requests(&url)),
    ] {
        whole_file::write(&path, text.as_bytes())?;
    }
    let form = folder.join("answers.toml");
    if !form.exists() {
        whole_file::write(&form, mystery.form().as_bytes())?;
    }
    let here = std::env::current_dir().unwrap_or_default();
    let shown = |path: &Path| name(path.strip_prefix(&here).unwrap_or(path));
    let (seed, level) = (mystery.seed, mystery.level.as_str());
    let text = format!(
        "The service is at {url}, with {} routes.
Its sources are in {}.
Measure it from another terminal; the names of requests are those of its routes:
  leaklab measure --requests {}
Then say what leaks, in {}:
  leaklab mystery grade --seed {seed} --level {level} {}
Ctrl-C stops the service.
",
        mystery.names().count(),
        shown(&folder.join("src")),
        shown(&requests),
        shown(&form),
        shown(&form),
    );
    Ok((service, text))
}
