//! `leaklab compare`: every lesson on every twin, judged, written and printed.

use crate::cli::{Compare, Format};
use crate::commands::{gate, select};
use crate::failure::{self, Failure};
use crate::output::{name, print_as};
use crate::progress::Progress;
use crate::run::{EngineChoice, Permit, Run, Service, lesson_result};
use crate::stop::Stop;
use futures_util::future::join_all;
use lessons::{Lesson, Plan};
use limit::Killed;
use measure::Scenario;
use report::baseline::{Conditions, Load};
use report::comparison::{Comparison, Environment, LessonResult, SCHEMA};
use report::{Output, figures, table};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// Lessons that are measured at a time. A lesson spends half of its time waiting for its
/// services to come to rest, and other load does not change a heap.
const LESSONS_AT_ONCE: usize = 3;

/// The control in which `decoys` leaks the bytes that `LEAK_BYTES` asks for.
const PLANTED_IN: &str = "c01";

/// Runs the comparison.
pub async fn run(arguments: &Compare) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let lessons = select::lessons(&arguments.lessons)?;
    arguments.numbers.check_sizes(&lessons)?;
    let jobs = jobs(&lessons, arguments)?;
    // Before the folder is touched: the baseline may be the file that will be replaced.
    let accept = arguments.accept.as_deref();
    let baseline =
        arguments.baseline.as_ref().map(|file| gate::baseline(file, accept));
    let baseline = baseline.transpose()?;
    if let Some(baseline) = &baseline {
        baseline.fits(&conditions(&jobs, arguments))?;
    }
    let output = Output::create(&arguments.out)?;
    let engine = match &arguments.endpoint_url {
        Some(url) => {
            let prefix = arguments.table_prefix.clone();
            EngineChoice::External { url: url.clone(), prefix }
        }
        None => EngineChoice::Embedded,
    };
    let at_once = match engine {
        EngineChoice::Embedded => LESSONS_AT_ONCE,
        // A database that others use serves one lesson at a time.
        EngineChoice::External { .. } => 1,
    };
    let steps =
        jobs.iter().map(|job| job.scenario.steps() * job.services.len() as u64);
    let mut run = Run::new(engine, Stop::on_signal()?)?;
    run.memory = arguments.memory;
    let all = All {
        run,
        output: &output,
        // The semaphore is fair, so lessons start in their order.
        permits: Arc::new(Semaphore::new(at_once)),
        progress: Progress::new(steps.sum()),
    };
    arguments.memory.announce()?;
    all.run.has_room()?;
    all.run.remove_left().await;
    let results = join_all(jobs.iter().map(|job| all.lesson(job))).await;
    let results = all.run.end(causes_first(results))?;
    all.progress.finish();

    let mut comparison = Comparison {
        schema: SCHEMA,
        seed: arguments.numbers.seed,
        as_expected: results.iter().all(|lesson| lesson.as_expected),
        seconds: began.elapsed().as_secs_f64(),
        measured_at: figures::now(),
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
    output.publish(comparison)?;
    print_as(format, comparison, |comparison| {
        let table = table::render(comparison, &name(output.folder()));
        let gate = comparison.baseline.as_ref().map(report::gate::text);
        table + &gate.map_or_else(String::new, |gate| format!("\n{gate}"))
    })?;
    let passed = comparison.baseline.as_ref().is_none_or(|gate| gate.passed);
    Ok(failure::code(comparison.as_expected && passed))
}

/// A lesson and the services to measure it on.
struct Job {
    plan: Plan,
    scenario: Scenario,
    services: Vec<Service>,
}

fn jobs(
    lessons: &[&'static Lesson],
    arguments: &Compare,
) -> Result<Vec<Job>, Failure> {
    let fixes = select::failed_fixes(lessons, &arguments.failed_fixes)?;
    let job = |lesson: &&'static Lesson| {
        let mut services = match arguments.twin {
            Some(twin) => vec![Service::twin(twin.as_str())],
            None => vec![Service::twin("leaky"), Service::twin("fixed")],
        };
        let own = fixes.iter().filter(|(id, _)| *id == lesson.id);
        services.extend(own.map(|(_, fix)| Service::failed_fix(fix)));
        let planted =
            arguments.leak_bytes.filter(|_| lesson.id.starts_with(PLANTED_IN));
        services.extend(planted.map(Service::planted));
        let (plan, scenario) = arguments.numbers.of(lesson);
        Job { plan, scenario, services }
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
            Err(Failure::Interrupted { .. }) => interrupted = true,
            Err(cause) => return Err(cause),
        }
    }
    if interrupted { Err(Failure::interrupted()) } else { Ok(all) }
}

/// A service that its memory limit ended has no verdict, and the others are measured on;
/// every other failure ends the run.
fn killed(failure: Failure) -> Result<Killed, Failure> {
    match failure {
        Failure::Broken(error) => error.downcast().map_err(Failure::Broken),
        other => Err(other),
    }
}

/// What the measurements of all lessons share.
struct All<'a> {
    run: Run,
    output: &'a Output,
    permits: Arc<Semaphore>,
    progress: Progress,
}

impl All<'_> {
    async fn lesson(&self, job: &Job) -> Result<LessonResult, Failure> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit: Permit = Arc::new(permit.expect("nobody closes the semaphore"));
        if self.run.stop.soon.is_cancelled() {
            return Err(Failure::interrupted());
        }
        // The services run side by side on two cores. When one fails, the others are
        // stopped.
        let run = &self.run.child();
        let measured = job.services.iter().map(|service| {
            let permit = Some(Arc::clone(&permit));
            let (id, name) = (job.plan.lesson.id, service.name);
            async move {
                let step = |what: &str| self.progress.step(id, name, what);
                let measured =
                    run.measure(*service, job.plan, &job.scenario, &step, permit);
                match measured.await {
                    Ok(measured) => Ok(Ok(measured)),
                    Err(failure) => killed(failure)
                        .map(Err)
                        .inspect_err(|_| run.stop.soon.cancel()),
                }
            }
        });
        let measured: Vec<_> = measured.collect();
        drop(permit);
        let all = causes_first(join_all(measured).await);
        let all = all.inspect_err(|_| self.run.stop.soon.cancel())?;
        let id = job.plan.lesson.id;
        self.progress.done(id);
        let killed = all.iter().filter_map(|one| one.as_ref().err());
        let killed = killed.map(ToString::to_string).collect();
        let all: Vec<_> = all.into_iter().flatten().collect();
        for (name, json) in all.iter().filter_map(|measured| measured.profile(id)) {
            self.output.write(&name, json)?;
        }
        Ok(lesson_result(job.plan, &job.scenario, &all, killed))
    }
}

/// Known before anything is measured, so that a baseline that does not fit is refused
/// now and not after a minute.
fn conditions(jobs: &[Job], arguments: &Compare) -> Conditions {
    let load = |Job { plan, scenario, .. }: &Job| {
        let load = Load {
            rounds: scenario.rounds,
            requests: scenario.requests,
            sizes: scenario.sizes.clone(),
        };
        (plan.lesson.id.to_owned(), load)
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
        quick: arguments.numbers.quick,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    }
}
