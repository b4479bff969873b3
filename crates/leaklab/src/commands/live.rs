//! `leaklab live`: both twins under a steady load, on a page, until one is killed.

use crate::cli::{Cli, Command, Live as Arguments, Measure, MemoryLimit};
use crate::commands::measure::OwnService;
use crate::commands::select;
use crate::failure::{Failure, code};
use crate::output::{Keep, print, say};
use crate::run::live::{Twin, databases, requests};
use crate::run::{Database, EngineChoice, Numbers, Run};
use crate::stop::Stop;
use anyhow::{Context, Result, anyhow};
use clap::Parser;
use futures_util::future::{join_all, try_join_all};
use lessons::{Kind, LESSONS, Lesson};
use limit::{By, Bytes, Limit};
use live::proof::{self, Proof};
use live::recording::{self, Recording};
use live::server::Page;
use live::{About, Live, supervisor};
use measure::Metric;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use workload::{ClientBehavior, Requests, Steady};

/// The lesson whose leak is seen best.
const FIRST: &str = "l09";
/// For services of which nothing is known.
const LOAD: u64 = 20;
const LIMIT: u64 = 256 << 20;
/// Memory of a twin at rest: what counts in a control group, and what is resident. Pages
/// of the program's file are resident and count in the group that reads them first.
const GROUP: u64 = 6 << 20;
const RESIDENT: u64 = 16 << 20;

/// Runs until a signal.
pub async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let stop = Stop::on_signal()?;
    if let Some(file) = &arguments.replay {
        return replay(arguments, file, &stop.soon).await;
    }
    if let Some(file) = &arguments.requests {
        return own(arguments, file, &stop.soon).await;
    }
    if arguments.prove {
        return prove(arguments, stop).await;
    }
    let name = match &arguments.lessons[..] {
        [] => FIRST,
        [one] => one,
        _ => return Err(Failure::Usage("several lessons need --prove".to_owned())),
    };
    let mut twins = Twins::new(arguments, select::one(name)?, &["leaky", "fixed"]);
    let page = listen(arguments, &twins.live, false, &stop.soon)?;
    let shown = Arc::clone(&page.shown);
    let run = Run::new(
        EngineChoice::Embedded,
        Stop { soon: stop.now, ..Stop::default() },
    )?;
    let served = async { Ok(page.serve().await?) };
    let watched = async {
        while let Some(next) = twins.watch_until_chosen(&run, &stop.soon).await? {
            // The load and the limit that were given are those of the first lesson.
            let limit_by = arguments.memory.limit_by;
            let memory = MemoryLimit { limit_by, ..MemoryLimit::default() };
            let arguments = Arguments { load: None, memory, ..arguments.clone() };
            twins = Twins::new(&arguments, next, twins.names);
            shown.send_replace(Arc::clone(&twins.live));
        }
        Ok::<_, Failure>(())
    };
    tokio::try_join!(served, watched)?;
    save(arguments, &twins.live)?;
    Ok(ExitCode::SUCCESS)
}

/// Those that a viewer may choose.
fn choices() -> impl Iterator<Item = &'static Lesson> {
    LESSONS.iter().filter(|lesson| lesson.kind == Kind::Lesson)
}

fn title(lesson: &Lesson) -> String {
    format!("{}: {}", lesson.number(), lesson.title)
}

/// Who enforces the limit of a twin; `None` where it must be done from outside.
fn enforced(by: By) -> Option<By> {
    let can = || Limit::new(Bytes(LIMIT), By::Kernel).is_ok();
    match by {
        By::Auto => can().then_some(By::Kernel),
        by => Some(by),
    }
}

/// The twins of a lesson, and their loads.
struct Twins {
    live: Arc<Live>,
    lesson: &'static Lesson,
    names: &'static [&'static str],
    numbers: Numbers,
    memory: MemoryLimit,
    loads: Vec<Arc<Steady>>,
}

impl Twins {
    fn new(
        arguments: &Arguments,
        lesson: &'static Lesson,
        names: &'static [&'static str],
    ) -> Self {
        let by = enforced(arguments.memory.limit_by);
        let at_rest = if by == Some(By::Kernel) { GROUP } else { RESIDENT };
        let usual = (lesson.live.growth_mib << 20) + at_rest;
        let limit = arguments.memory.memory_limit.map_or(usual, |bytes| bytes.0);
        let memory = by.map_or_else(MemoryLimit::default, |limit_by| MemoryLimit {
            memory_limit: Some(Bytes(limit)),
            limit_by,
        });
        let gauge = lesson.metrics.iter().find_map(|metric| match metric {
            Metric::Gauge(name) => Some((*name).to_owned()),
            _ => None,
        });
        let about = About {
            title: title(lesson),
            detail: lesson.route.to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            limit,
            limit_by: memory.who().to_owned(),
            load: arguments.load.unwrap_or(lesson.live.per_second),
            gauge,
            databases: databases(lesson)
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
            lessons: choices().map(title).collect(),
        };
        let numbers = Numbers { seed: 7, ..Numbers::default() };
        let (plan, scenario) = numbers.of(lesson);
        let largest = scenario.sizes.last().copied().unwrap_or_default();
        let requests = requests(plan.sized(largest));
        let load = |_: &&str| steady(&requests, lesson.client);
        let loads = names.iter().map(load).collect();
        let live = Arc::new(Live::new(about));
        Self { live, lesson, names, numbers, memory, loads }
    }

    /// Watches until it is stopped, or until a viewer chooses another lesson.
    async fn watch_until_chosen(
        &self,
        run: &Run,
        stop: &CancellationToken,
    ) -> Result<Option<&'static Lesson>, Failure> {
        let done = stop.child_token();
        let mut chosen = None;
        let choice = async {
            let mut controls = self.live.controls();
            let wanted =
                controls.wait_for(|controls| controls.lesson.is_some()).await;
            chosen = wanted.ok().and_then(|of| choices().nth(of.lesson?));
            done.cancel();
            std::future::pending().await
        };
        tokio::select! {
            ended = self.watch(run, &done) => ended?,
            () = choice => {}
        }
        Ok(chosen.filter(|_| !stop.is_cancelled()))
    }

    async fn watch(
        &self,
        run: &Run,
        stop: &CancellationToken,
    ) -> Result<(), Failure> {
        let (plan, scenario) = self.numbers.of(self.lesson);
        let services = self.names.iter().zip(&self.loads).enumerate();
        let services = services.map(async |(number, (&name, load))| {
            let watched = async |database: &Database| {
                let of = (plan, &scenario);
                let twin = Twin::open(name, of, self.memory, database, run).await?;
                supervisor::run(&self.live, number, &twin, load, stop).await
            };
            run.with_database(&format!("live-{name}"), watched).await
        });
        tokio::select! {
            ended = try_join_all(services) => ended.map(|_| ()),
            () = drive(&self.live, &self.loads) => Ok(()),
        }
    }
}

fn steady(requests: &Requests, client: ClientBehavior) -> Arc<Steady> {
    Arc::new(Steady::new(Arc::clone(requests), client, 0))
}

/// Sends the loads, each from a task of its own, and ticks.
async fn drive(live: &Live, loads: &[Arc<Steady>]) {
    let senders = loads.iter().map(async |load| load.run().await);
    tokio::select! {
        _ = join_all(senders) => {}
        () = live.clock(loads) => {}
    }
}

/// Takes the page's address and prints it. A file that cannot be written is found now, not
/// at the end of the run.
fn listen(
    arguments: &Arguments,
    live: &Arc<Live>,
    replay: bool,
    stop: &CancellationToken,
) -> Result<Page, Failure> {
    if let Some(file) = &arguments.save {
        let opened = fs::OpenOptions::new().append(true).create(true).open(file);
        opened.map_err(|error| {
            Failure::Usage(format!("cannot write {} ({error})", file.display()))
        })?;
    }
    let page = Page::listen(live, arguments.listen, replay, stop)?;
    let About { title, names, .. } = &live.about;
    print(&format!(
        "{title}: {}\nOpen {}\nCtrl-C ends the run.\n",
        names.join(" and "),
        page.url
    ))?;
    Ok(page)
}

fn save(arguments: &Arguments, live: &Live) -> Result<(), Failure> {
    let Some(file) = &arguments.save else { return Ok(()) };
    let page = Recording::of(live).page()?;
    fs::write(file, page)
        .with_context(|| format!("cannot write {}", file.display()))?;
    say(&format!("saved as {}", file.display()), Keep::Nothing);
    Ok(())
}

async fn replay(
    arguments: &Arguments,
    file: &Path,
    stop: &CancellationToken,
) -> Result<ExitCode, Failure> {
    let run = read(file)?;
    let live = Arc::new(Live::new(run.about));
    let page = listen(arguments, &live, true, stop)?;
    tokio::select! {
        served = page.serve() => served?,
        () = recording::replay(&live, run.ring) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// A run that was saved.
fn read(file: &Path) -> Result<Recording, Failure> {
    let wrong = |why: String| {
        Failure::Usage(format!(
            "cannot read {} as a saved run ({why})",
            file.display()
        ))
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    Recording::read(&text).map_err(|error| wrong(format!("{error:#}")))
}

async fn own(
    arguments: &Arguments,
    file: &Path,
    stop: &CancellationToken,
) -> Result<ExitCode, Failure> {
    let measure = as_measure(file, &arguments.command)?;
    let service = OwnService::read(&measure).await?;
    let program = arguments.command.first().map(Path::new);
    let name = program.and_then(Path::file_name).unwrap_or_default();
    let words: Vec<_> =
        arguments.command.iter().map(|word| word.to_string_lossy()).collect();
    let about = About {
        title: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        detail: words.join(" "),
        names: vec![name.to_string_lossy().into_owned()],
        limit: arguments.memory.memory_limit.map_or(LIMIT, |bytes| bytes.0),
        limit_by: MemoryLimit::default().who().to_owned(),
        load: arguments.load.unwrap_or(LOAD),
        ..About::default()
    };
    let baseline = arguments.baseline.as_deref().map(read).transpose()?;
    let live = Arc::new(Live::new(about).beside(baseline));
    let loads = [steady(&service.requests(), ClientBehavior::Reads)];
    let page = listen(arguments, &live, false, stop)?;
    let watched = supervisor::run(&live, 0, &service, &loads[0], stop);
    tokio::select! {
        ended = async { tokio::try_join!(page.serve(), watched) } => { ended?; }
        () = drive(&live, &loads) => {}
    }
    save(arguments, &live)?;
    Ok(ExitCode::SUCCESS)
}

/// What `leaklab measure` would take.
fn as_measure(file: &Path, command: &[OsString]) -> Result<Box<Measure>, Failure> {
    let words = ["leaklab", "measure", "--mix", "--requests"].map(OsString::from);
    let words = words.into_iter().chain([file.into(), "--".into()]);
    let cli = Cli::try_parse_from(words.chain(command.iter().cloned()));
    match cli.map_err(|error| anyhow!(error))?.command {
        Command::Measure(measure) => Ok(measure),
        _ => Err(anyhow!("not a measurement").into()),
    }
}

/// Waits for the death of `leaky` in each lesson, one after the other.
async fn prove(arguments: &Arguments, stop: Stop) -> Result<ExitCode, Failure> {
    let names = match &arguments.lessons[..] {
        [] => vec![FIRST.to_owned()],
        names => names.to_vec(),
    };
    let run = Run::new(EngineChoice::Embedded, stop)?;
    let mut proofs = Vec::new();
    for lesson in select::lessons(&names)? {
        let twins = Twins::new(arguments, lesson, &["leaky"]);
        let done = CancellationToken::new();
        let observed = async {
            let proof = Proof::observe(lesson.number(), &twins.live).await;
            done.cancel();
            Ok(proof)
        };
        let (proof, ()) = tokio::try_join!(observed, twins.watch(&run, &done))?;
        say(&proof.line(), Keep::Nothing);
        proofs.push(proof);
    }
    print(&proof::table(&proofs))?;
    Ok(code(proofs.iter().all(Proof::holds)))
}
