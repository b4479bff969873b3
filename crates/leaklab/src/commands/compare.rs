//! `leaklab compare`: every lesson on every twin, judged, written and printed.

use crate::cli::{Compare, Format};
use crate::commands::{gate, select, stop};
use crate::failure::{EXPECTED, Failure, UNEXPECTED};
use crate::measure::{
    EngineChoice, Measured, Protocol, Subject, Turn, conclude, requests_needed,
    result,
};
use crate::progress::Progress;
use anyhow::Context;
use futures_util::future::join_all;
use model::{Lesson, Scale};
use report::baseline::{Conditions, Load};
use report::comparison::{Comparison, Environment, LessonResult, SCHEMA};
use report::page::{self, Folder};
use report::{Output, sources, table};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Rounds with a reading. Six are the fewest whose Kendall interval excludes the
/// outermost slopes; two more let a single odd round be no majority anywhere.
const ROUNDS: u64 = 8;

/// The same for a quick look: the interval is all pairwise slopes then.
const QUICK_ROUNDS: u64 = 5;

/// A quick look has so many times fewer requests, where its verdicts allow that.
const QUICK_DIVISOR: u64 = 4;

/// Lessons that are measured at a time. A lesson waits for its service to rest half of
/// the time, and the heap does not care who has the processor meanwhile.
const LESSONS_AT_ONCE: usize = 2;

/// The same for a quick look, whose lessons wait for more of their time.
const QUICK_LESSONS_AT_ONCE: usize = 3;

/// The job with which `decoys` leaks as much as it is told.
const PLANTED_IN: &str = "c01_client_clones";

/// Runs the comparison.
///
/// # Errors
/// Wrong usage, a process or the database failed, or the user interrupted.
pub async fn run(arguments: &Compare) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let lessons = select::lessons(&arguments.lessons)?;
    let jobs = jobs(&lessons, arguments)?;
    // Before the folder is touched: the baseline may be the file that will be replaced.
    let baseline = match &arguments.baseline {
        Some(file) => Some(gate::baseline(file, arguments.accept.as_deref())?),
        None => None,
    };
    if let Some(baseline) = &baseline {
        baseline.fits(&conditions(&jobs, arguments))?;
    }
    let output = Output::create(&arguments.out)?;
    let scratch = tempfile::Builder::new()
        .prefix("leaklab-")
        .tempdir()
        .context("cannot make a temporary folder (TMPDIR)")?;
    let run = Run {
        engine: match &arguments.endpoint_url {
            Some(url) => {
                let prefix = arguments.table_prefix.clone();
                EngineChoice::External { url: url.clone(), prefix }
            }
            None => EngineChoice::Embedded,
        },
        scratch: scratch.path(),
        output: &output,
        stop: stop::on_signal()?,
    };
    let steps =
        jobs.iter().map(|job| job.protocol.steps() * job.subjects.len() as u64);
    let steps = steps.sum();
    let progress = Progress::new(steps);
    let at_once = match run.engine {
        EngineChoice::Embedded if arguments.quick => QUICK_LESSONS_AT_ONCE,
        EngineChoice::Embedded => LESSONS_AT_ONCE,
        // Somebody else's database serves one lesson at a time.
        EngineChoice::External { .. } => 1,
    };
    // Turns are taken in the jobs' order; whichever lesson is measured makes room.
    let turns = Arc::new(Semaphore::new(at_once));
    let lessons = jobs.iter().map(|job| run.lesson(job, &turns, &progress));
    let results = causes_first(join_all(lessons).await)?;
    progress.finish();

    let mut comparison = Comparison {
        schema: SCHEMA,
        seed: arguments.seed,
        as_expected: results.iter().all(|lesson| lesson.as_expected),
        seconds: began.elapsed().as_secs_f64(),
        environment: environment(arguments),
        driver_resident_bytes: heap::reading::resident_bytes(),
        lessons: results,
        baseline: None,
    };
    comparison.baseline =
        baseline.map(|baseline| baseline.judge(&comparison)).transpose()?;
    publish(&comparison, &output, arguments.format)
}

/// Writes and prints a comparison, and finds the exit code.
fn publish(
    comparison: &Comparison,
    output: &Output,
    format: Format,
) -> Result<ExitCode, Failure> {
    sources::keep(output, comparison)?;
    let json = output.write_comparison(comparison)?;
    let page = page::render(&Folder::new(output.folder(), comparison));
    output.write(page::FILE, page.as_bytes())?;
    output.write_for_ci(comparison)?;
    match format {
        Format::Json => anstream::println!("{json}"),
        Format::Text => {
            anstream::print!("{}", table::render(comparison, output.folder()));
            if let Some(gate) = &comparison.baseline {
                anstream::print!("\n{}", report::gate::text(gate));
            }
        }
    }
    let passed = comparison.baseline.as_ref().is_none_or(|gate| gate.passed);
    let fine = comparison.as_expected && passed;
    Ok(ExitCode::from(if fine { EXPECTED } else { UNEXPECTED }))
}

/// The registry's numbers, unless the user gave others.
fn protocol(lesson: &'static Lesson, arguments: &Compare) -> Protocol {
    let rounds = if arguments.quick { QUICK_ROUNDS } else { ROUNDS };
    let rounds = arguments.rounds.unwrap_or(rounds);
    let mut protocol =
        Protocol::new(lesson, arguments.seed, rounds, lesson.requests);
    protocol.quick = arguments.quick;
    if arguments.quick {
        let quarter = lesson.requests / QUICK_DIVISOR;
        let fewer = lesson.quick_requests.unwrap_or(quarter);
        protocol.requests =
            fewer.max(requests_needed(&protocol)).min(lesson.requests);
    }
    protocol.requests = arguments.requests.unwrap_or(protocol.requests);
    // How many attempts a call may take is not for the user to say.
    let of_load = matches!(protocol.scale(), Some(Scale::Items | Scale::Requests));
    if let (true, Some(sizes)) = (of_load, &arguments.sizes) {
        protocol.sizes.clone_from(sizes);
        protocol.sizes.sort_unstable();
        protocol.sizes.dedup();
    }
    protocol
}

/// A lesson and whom to measure on it.
struct Job {
    protocol: Protocol,
    subjects: Vec<Subject>,
}

fn jobs(
    lessons: &[&'static Lesson],
    arguments: &Compare,
) -> Result<Vec<Job>, Failure> {
    let mut variants = select::variants(lessons, &arguments.variants)?;
    let job = |lesson: &&'static Lesson| {
        let mut subjects = match arguments.twin {
            Some(twin) => vec![Subject::twin(twin.as_str())],
            None => vec![Subject::twin("leaky"), Subject::twin("fixed")],
        };
        let own = variants.remove(lesson.id).unwrap_or_default();
        subjects.extend(own.into_iter().map(Subject::variant));
        let planted = arguments.leak_bytes.filter(|_| lesson.id == PLANTED_IN);
        subjects.extend(planted.map(Subject::planted));
        Job { protocol: protocol(lesson, arguments), subjects }
    };
    Ok(lessons.iter().map(job).collect())
}

/// All results, or the failure that was the cause: what was stopped because of it
/// reports that it was interrupted.
fn causes_first<T>(results: Vec<Result<T, Failure>>) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    let mut interrupted = false;
    for result in results {
        match result {
            Ok(result) => all.push(result),
            Err(Failure::Interrupted) => interrupted = true,
            Err(cause) => return Err(cause),
        }
    }
    if interrupted { Err(Failure::Interrupted) } else { Ok(all) }
}

/// What stays the same from lesson to lesson.
struct Run<'a> {
    engine: EngineChoice,
    scratch: &'a Path,
    output: &'a Output,
    stop: CancellationToken,
}

impl Run<'_> {
    async fn lesson(
        &self,
        job: &Job,
        turns: &Arc<Semaphore>,
        progress: &Progress,
    ) -> Result<LessonResult, Failure> {
        let turn = Arc::clone(turns).acquire_owned().await;
        let turn = Arc::new(turn.expect("nobody closes the semaphore"));
        // Side by side: the heap does not care who else has the processor, and two
        // cores halve the wait. When one fails, the other is stopped, too.
        let stop = self.stop.child_token();
        if stop.is_cancelled() {
            return Err(Failure::Interrupted);
        }
        let stop = &stop;
        let measured = job.subjects.iter().map(|subject| {
            let turn = Arc::clone(&turn);
            async move {
                let measured = self
                    .subject(*subject, &job.protocol, stop, progress, turn)
                    .await;
                measured.inspect_err(|_| stop.cancel())
            }
        });
        let measured: Vec<_> = measured.collect();
        drop(turn);
        let all = causes_first(join_all(measured).await);
        let all = all.inspect_err(|_| self.stop.cancel())?;
        progress.done(job.protocol.lesson.id);
        Ok(conclude(&job.protocol, all))
    }

    async fn subject(
        &self,
        subject: Subject,
        protocol: &Protocol,
        stop: &CancellationToken,
        progress: &Progress,
        turn: Turn,
    ) -> Result<Measured, Failure> {
        let began = Instant::now();
        let (id, name) = (protocol.lesson.id, subject.name);
        let step = |what: &str| progress.step(id, name, what);
        let recording = protocol
            .run(&subject, &self.engine, self.scratch, stop, &step, turn)
            .await?;
        let mut result = result(protocol, &recording, began.elapsed().as_secs_f64());
        if let Some([_, longer]) = &recording.windows {
            let file = self.output.write_profile(id, name, &longer.json)?;
            result.profile = Some(file);
        }
        Ok(Measured { subject, recording, result })
    }
}

/// Known before anything is measured, so that a baseline that does not fit is refused
/// now and not after a minute.
fn conditions(jobs: &[Job], arguments: &Compare) -> Conditions {
    let load = |Job { protocol, .. }: &Job| {
        let load = Load {
            rounds: protocol.rounds,
            requests: protocol.requests,
            sizes: protocol
                .scale()
                .map_or_else(Vec::new, |_| protocol.sizes.clone()),
        };
        (protocol.lesson.id.to_owned(), load)
    };
    let loads = jobs.iter().map(load).collect();
    Conditions { environment: environment(arguments), loads }
}

fn environment(arguments: &Compare) -> Environment {
    let engine = arguments.endpoint_url.as_deref().unwrap_or("embedded");
    Environment {
        leaklab: env!("CARGO_PKG_VERSION").to_owned(),
        rustc: env!("LEAKLAB_RUSTC").to_owned(),
        profile: env!("LEAKLAB_PROFILE").to_owned(),
        aws_sdk_dynamodb: dynamo::SDK_VERSION.to_owned(),
        engine: engine.to_owned(),
        quick: arguments.quick,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}
