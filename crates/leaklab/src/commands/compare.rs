//! `leaklab compare`: every lesson on every twin, judged, written and printed.

use crate::cli::{Compare, Format, TwinName};
use crate::commands::{select, stop};
use crate::comparison::{
    Comparison, Environment, LessonResult, SCHEMA, TwinResult, Verdict,
};
use crate::failure::{EXPECTED, Failure, UNEXPECTED};
use crate::measure::{EngineChoice, Protocol, Recording, result};
use crate::report::{Output, Progress, table};
use anyhow::Context;
use futures_util::future::join_all;
use model::claims::settled_by;
use model::{Kind, Lesson, Signal};
use std::collections::BTreeMap;
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
    let protocols: Vec<_> = lessons.iter().map(|l| protocol(l, arguments)).collect();
    let scratch = tempfile::Builder::new()
        .prefix("leaklab-")
        .tempdir()
        .context("cannot make a temporary folder (TMPDIR)")?;
    let run = Run {
        twins: match arguments.twin {
            Some(twin) => vec![twin],
            None => vec![TwinName::Leaky, TwinName::Fixed],
        },
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
        protocols.iter().map(Protocol::steps).sum::<u64>() * run.twins.len() as u64;
    let progress = Progress::new(steps);
    let mut results = Vec::new();
    for protocol in &protocols {
        results.push(run.lesson(protocol, &progress).await?);
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

/// What stays the same from lesson to lesson.
struct Run<'a> {
    twins: Vec<TwinName>,
    engine: EngineChoice,
    scratch: &'a Path,
    output: &'a Output,
    stop: CancellationToken,
}

impl Run<'_> {
    async fn lesson(
        &self,
        protocol: &Protocol,
        progress: &Progress,
    ) -> Result<LessonResult, Failure> {
        // Side by side: the heap does not care who else has the processor, and two
        // cores halve the wait. When one fails, the other is stopped, too.
        let stop = self.stop.child_token();
        let measured = self.twins.iter().map(|twin| async {
            let measured = self.twin(twin.as_str(), protocol, &stop, progress).await;
            measured.inspect_err(|_| stop.cancel())
        });
        let mut recordings = Vec::new();
        let mut twins = BTreeMap::new();
        // The cause is the failure that was not a consequence.
        let (mut cause, mut consequence) = (None, None);
        for (twin, measured) in self.twins.iter().zip(join_all(measured).await) {
            match measured {
                Ok((recording, result)) => {
                    twins.insert(twin.as_str().to_owned(), result);
                    recordings.push((twin.as_str(), recording));
                }
                Err(Failure::Interrupted) => {
                    consequence = Some(Failure::Interrupted)
                }
                Err(failure) => cause = cause.or(Some(failure)),
            }
        }
        if let Some(failure) = cause.or(consequence) {
            return Err(failure);
        }
        Ok(conclude(protocol, twins, &recordings))
    }

    async fn twin(
        &self,
        name: &'static str,
        protocol: &Protocol,
        stop: &CancellationToken,
        progress: &Progress,
    ) -> Result<(Recording, TwinResult), Failure> {
        let began = Instant::now();
        let step = |what: &str| progress.step(protocol.lesson.id, name, what);
        let recording =
            protocol.run(name, &self.engine, self.scratch, stop, &step).await?;
        let mut result = result(protocol, &recording, began.elapsed().as_secs_f64());
        result.profile =
            self.output.write_profile(protocol.lesson.id, name, &recording)?;
        Ok((recording, result))
    }
}

/// Puts the twins' results side by side and says what is not as expected.
fn conclude(
    protocol: &Protocol,
    twins: BTreeMap<String, TwinResult>,
    recordings: &[(&str, Recording)],
) -> LessonResult {
    let lesson = protocol.lesson;
    let mut surprises = Vec::new();
    for (name, recording) in recordings {
        surprises.extend(verdict_surprise(lesson, name, &twins[*name]));
        surprises.extend(error_surprise(lesson, name, recording));
    }
    let same_answers = match recordings {
        [(_, one), (_, other)] => Some(one.answers == other.answers),
        _ => None,
    };
    let refused = recordings.iter().any(|(_, recording)| recording.refused > 0);
    if same_answers == Some(false) && !(lesson.may_refuse && refused) {
        surprises.push(difference(protocol, &recordings[0].1, &recordings[1].1));
    }
    let first =
        recordings.first().map(|(name, _)| twins[*name].answers_sha256.clone());
    LessonResult {
        id: lesson.id.to_owned(),
        kind: lesson.kind.as_str().to_owned(),
        claims: settled_by(lesson.id).into_iter().map(str::to_owned).collect(),
        law: lesson.law.to_owned(),
        as_expected: surprises.is_empty(),
        surprises,
        same_answers,
        answers_sha256: first.unwrap_or_default(),
        twins,
        variants: BTreeMap::new(),
    }
}

fn verdict_surprise(
    lesson: &Lesson,
    twin: &str,
    result: &TwinResult,
) -> Option<String> {
    let expected = match (lesson.kind, twin, lesson.signal) {
        (Kind::Control, _, _) => Verdict::Flat,
        (Kind::Lesson, "leaky", Signal::Slope { .. }) => Verdict::Leaks,
        (Kind::Lesson, "leaky", Signal::Peak { .. }) => Verdict::Grows,
        (Kind::Lesson, _, _) => Verdict::Bounded,
    };
    if result.verdict != expected {
        let (expected, found) = (expected.as_str(), result.verdict.as_str());
        let cure = match result.verdict {
            Verdict::Inconclusive => "; run it again with more --requests",
            _ => "",
        };
        return Some(format!("{twin} is {found}, expected {expected}{cure}"));
    }
    let slope = result.slope_bytes_per_request;
    match lesson.signal {
        Signal::Slope { floor } if expected == Verdict::Leaks && slope < floor => {
            Some(format!(
                "{twin} leaks {slope:.0} B a request, less than the {floor:.0} B that \
                 this lesson's leak weighs at least: it may be another one"
            ))
        }
        _ => None,
    }
}

fn error_surprise(
    lesson: &Lesson,
    twin: &str,
    recording: &Recording,
) -> Option<String> {
    let allowed = if lesson.may_refuse { recording.refused } else { 0 };
    let errors = recording.errors - allowed;
    let first = recording.first_error.as_deref().unwrap_or_default();
    (errors > 0)
        .then(|| format!("{twin} answered {errors} requests with errors: {first}"))
}

/// Names the first requests whose answers differ.
fn difference(protocol: &Protocol, one: &Recording, other: &Recording) -> String {
    let rounds = one.answers.iter().zip(&other.answers).enumerate();
    for (round, (one, other)) in rounds {
        let differing = one.iter().zip(other).position(|(one, other)| one != other);
        if let Some(part) = differing {
            let round = round as u64 + 1;
            let first =
                (part as u64 * protocol.requests).div_ceil(workload::run::PARTS);
            let request = protocol.plan(protocol.smallest()).request(round, first);
            return format!(
                "the twins' answers differ, first in round {round} near request {first}: \
                 {} {}",
                request.method, request.path
            );
        }
    }
    "the twins' answers differ".to_owned()
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
