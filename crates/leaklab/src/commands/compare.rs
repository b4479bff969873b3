//! `leaklab compare`: every lesson on every twin, judged, written and printed.

use crate::cli::{Compare, Format};
use crate::commands::{select, stop};
use crate::comparison::{Comparison, Environment, LessonResult, SCHEMA};
use crate::failure::{EXPECTED, Failure, UNEXPECTED};
use crate::measure::{EngineChoice, Measured, Protocol, Subject, conclude, result};
use crate::report::{Output, Progress, table};
use anyhow::Context;
use futures_util::future::join_all;
use model::{Lesson, Signal};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Rounds with a reading. Six are the fewest whose Kendall interval excludes the
/// outermost slopes; two more let a single odd round be no majority anywhere.
const ROUNDS: u64 = 8;

/// Runs the comparison.
///
/// # Errors
/// Wrong usage, a process or the database failed, or the user interrupted.
pub async fn run(arguments: &Compare) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let lessons = select::lessons(&arguments.lessons)?;
    let output = Output::create(&arguments.out)?;
    let jobs = jobs(&lessons, arguments)?;
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
    let mut results = Vec::new();
    for job in &jobs {
        results.push(run.lesson(job, &progress).await?);
    }
    progress.finish();

    let comparison = Comparison {
        schema: SCHEMA,
        seed: arguments.seed,
        as_expected: results.iter().all(|lesson| lesson.as_expected),
        seconds: began.elapsed().as_secs_f64(),
        environment: environment(arguments),
        driver_resident_bytes: heap::reading::resident_bytes(),
        lessons: results,
    };
    let json = output.write_comparison(&comparison)?;
    match arguments.format {
        Format::Json => anstream::println!("{json}"),
        Format::Text => {
            anstream::print!("{}", table::render(&comparison, output.folder()))
        }
    }
    let code = if comparison.as_expected { EXPECTED } else { UNEXPECTED };
    Ok(ExitCode::from(code))
}

/// The registry's numbers, unless the user gave others.
fn protocol(lesson: &'static Lesson, arguments: &Compare) -> Protocol {
    let divisor = if arguments.quick { 2 } else { 1 };
    let requests = arguments.requests.unwrap_or((lesson.requests / divisor).max(1));
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let mut protocol = Protocol::new(lesson, arguments.seed, rounds, requests);
    if let (Signal::Peak { .. }, Some(sizes)) = (lesson.signal, &arguments.sizes) {
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
        Job { protocol: protocol(lesson, arguments), subjects }
    };
    Ok(lessons.iter().map(job).collect())
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
        progress: &Progress,
    ) -> Result<LessonResult, Failure> {
        // Side by side: the heap does not care who else has the processor, and two
        // cores halve the wait. When one fails, the other is stopped, too.
        let stop = self.stop.child_token();
        let measured = job.subjects.iter().map(|subject| async {
            let measured =
                self.subject(*subject, &job.protocol, &stop, progress).await;
            measured.inspect_err(|_| stop.cancel())
        });
        let mut all = Vec::new();
        // The cause is the failure that was not a consequence.
        let (mut cause, mut consequence) = (None, None);
        for measured in join_all(measured).await {
            match measured {
                Ok(measured) => all.push(measured),
                Err(Failure::Interrupted) => {
                    consequence = Some(Failure::Interrupted)
                }
                Err(failure) => cause = cause.or(Some(failure)),
            }
        }
        match cause.or(consequence) {
            Some(failure) => Err(failure),
            None => Ok(conclude(&job.protocol, all)),
        }
    }

    async fn subject(
        &self,
        subject: Subject,
        protocol: &Protocol,
        stop: &CancellationToken,
        progress: &Progress,
    ) -> Result<Measured, Failure> {
        let began = Instant::now();
        let (id, name) = (protocol.lesson.id, subject.name);
        let step = |what: &str| progress.step(id, name, what);
        let recording =
            protocol.run(&subject, &self.engine, self.scratch, stop, &step).await?;
        let mut result = result(protocol, &recording, began.elapsed().as_secs_f64());
        result.profile = self.output.write_profile(id, name, &recording)?;
        Ok(Measured { subject, recording, result })
    }
}

fn environment(arguments: &Compare) -> Environment {
    let engine = arguments.endpoint_url.as_deref().unwrap_or("embedded");
    Environment {
        leaklab: env!("CARGO_PKG_VERSION").to_owned(),
        rustc: env!("LEAKLAB_RUSTC").to_owned(),
        profile: env!("LEAKLAB_PROFILE").to_owned(),
        aws_sdk_dynamodb: dynamo::SDK_VERSION.to_owned(),
        engine: engine.to_owned(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}
