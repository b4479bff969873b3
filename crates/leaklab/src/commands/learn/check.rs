//! Measures `leaky` for one lesson, beside the twin that it should be like, and judges.

use crate::failure::Failure;
use crate::progress::Progress;
use crate::run::{EngineChoice, Measured, Numbers, Run, Service, difference};
use crate::stop::Stop;
use anyhow::anyhow;
use lessons::{Harder, Kind, Lesson, Plan};
use measure::judge::pair;
use measure::{Growth, Scenario, Verdict};
use report::probe::Probe;
use report::repair::{Figures, Judged, Outcome, Seen, judge};
use report::work::slower;

/// What a long check multiplies a round by.
const LONGER: u64 = 10;

/// A repair, judged.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) judged: Judged,
    /// `None` if the service ended.
    pub(super) yours: Option<Figures>,
    pub(super) twin: Figures,
    /// Database calls of each request: its own, and those of the twin.
    pub(super) calls: Option<[f64; 2]>,
}

/// What is measured, and how.
struct Check {
    run: Run,
    plan: Plan,
    scenario: Scenario,
    progress: Progress,
}

impl Check {
    fn new(
        lesson: &'static Lesson,
        long: bool,
        services: u64,
    ) -> Result<Self, Failure> {
        let requests = long.then_some(lesson.requests * LONGER);
        let numbers = Numbers { seed: 7, requests, ..Numbers::default() };
        let (plan, scenario) = numbers.of(lesson);
        let steps = scenario.steps() * (1 + u64::from(lesson.harder.is_some()));
        let run = Run::new(EngineChoice::Embedded, Stop::on_signal()?)?;
        run.has_room()?;
        let progress = Progress::new(steps * services);
        Ok(Self { run, plan, scenario, progress })
    }

    async fn measure(&self, service: Service) -> Result<Measured, Failure> {
        let id = self.plan.lesson.id;
        let step = |what: &str| self.progress.step(id, service.name, what);
        self.run.measure(service, self.plan, &self.scenario, &step, None).await
    }

    /// What the service does beside keeping memory.
    async fn probe(&self, service: Service) -> Result<Probe, Failure> {
        self.run.probe(service, self.plan, &self.scenario).await
    }

    async fn both(&self, service: Service) -> Result<(Measured, Probe), Failure> {
        tokio::try_join!(self.measure(service), self.probe(service))
    }

    /// Two probes, made again one after the other if one service seems to be slow: a
    /// busy machine can be the reason.
    async fn in_time(&self, pair: [Probe; 2]) -> Result<[Probe; 2], Failure> {
        let [mut yours, mut twin] = pair;
        if slower(&yours, &twin).is_empty() {
            return Ok([yours, twin]);
        }
        let services = [Service::repaired(), Service::twin("fixed")];
        for (probe, service) in [&mut yours, &mut twin].into_iter().zip(services) {
            let again = self.probe(service).await?.seconds;
            for (first, again) in probe.seconds.iter_mut().zip(again) {
                first.1 = first.1.min(again.1);
            }
        }
        Ok([yours, twin])
    }
}

/// The figures of `leaky` as it is, for a prediction.
///
/// # Errors
/// A process or the database failed.
pub(super) async fn figures(
    lesson: &'static Lesson,
) -> Result<(Verdict, Figures), Failure> {
    let check = Check::new(lesson, false, 1)?;
    let measured = check.measure(Service::twin("leaky")).await;
    let measured = check.run.end(measured)?;
    Ok((measured.judgement.verdict, found(&measured)))
}

/// Measures and judges a repair.
///
/// # Errors
/// The twin, the database or the machine failed.
pub(super) async fn check(
    lesson: &'static Lesson,
    long: bool,
    before: Option<&Figures>,
) -> Result<Checked, Failure> {
    let check = Check::new(lesson, long, 2)?;
    let (yours, twin) = tokio::join!(
        check.both(Service::repaired()),
        check.both(Service::twin("fixed"))
    );
    let (twin, twin_probe) = check.run.end(twin)?;
    let (yours, probe) = match yours {
        Ok(yours) => yours,
        // The twin did well with the same database, so this is the service's doing.
        Err(Failure::Broken(error)) => {
            let reasons = vec![format!("The service failed: {error:#}.")];
            let judged = Judged { outcome: Outcome::Broken, reasons };
            let twin = found(&twin);
            return Ok(Checked { judged, yours: None, twin, calls: None });
        }
        Err(other) => return Err(other),
    };
    let [probe, twin_probe] = check.in_time([probe, twin_probe]).await?;
    let refuses = refuses(lesson, &probe, &twin_probe);
    if refuses.is_none() {
        settled(lesson, &yours)?;
    }
    let burst = matches!(lesson.growth, Growth::Burst { .. });
    let high =
        burst && pair::keeps_resident(&yours.samples, &twin.samples) == Some(true);
    let high = high.then_some("Resident memory stays high after a burst.");
    let twin_seen = seen(&twin, &twin_probe, None);
    let other = || {
        let (yours, twin) = (&yours.samples, &twin.samples);
        let place = difference(check.plan, &check.scenario, yours, twin)?;
        Some(format!("Responses differ from the twin's, first in {place}."))
    };
    let differs = refuses.or_else(other);
    let mut yours_seen = seen(&yours, &probe, high);
    let mut judged = judge(&yours_seen, &twin_seen, before, differs.clone());
    // What is bounded here may grow under other conditions.
    if let (Some(Harder { lesson, grows }), Outcome::Repaired) =
        (lesson.harder, judged.outcome)
    {
        let scenario = Scenario { may_fail: lesson.outage, ..check.scenario };
        let plan = Plan { lesson, ..check.plan };
        let harder = Check { plan, scenario, ..check };
        let yours = harder.run.end(harder.measure(Service::repaired()).await)?;
        settled(lesson, &yours)?;
        yours_seen = seen(&yours, &probe, None);
        judged = judge(&yours_seen, &twin_seen, before, differs);
        if judged.outcome != Outcome::Repaired {
            judged.reasons.insert(0, grows.to_owned());
        }
    }
    let calls = Some([probe, twin_probe].map(|probe| probe.calls[0]));
    let (yours, twin) = (Some(yours_seen.figures), twin_seen.figures);
    Ok(Checked { judged, yours, twin, calls })
}

/// What it refuses that the twin serves, where that is no part of the repair.
fn refuses(lesson: &Lesson, yours: &Probe, twin: &Probe) -> Option<String> {
    (!lesson.may_refuse && yours.failed > twin.failed).then(|| {
        format!(
            "Of {} requests under load it answers {} with errors, and the twin {}.",
            lesson.load, yours.failed, twin.failed
        )
    })
}

/// # Errors
/// The machine was too busy for a verdict.
fn settled(lesson: &Lesson, yours: &Measured) -> Result<(), Failure> {
    let judgement = &yours.judgement;
    let noisy = judgement.verdict == Verdict::Inconclusive
        && judgement.line.slope <= judgement.detection_limit
        && !matches!(lesson.growth, Growth::Peak { .. });
    if noisy || yours.samples.unjudged.is_some() {
        let why =
            yours.samples.unjudged.as_deref().unwrap_or("the noise is too large");
        return Err(anyhow!(
            "{}: there is no verdict ({why}); check it again on a quieter machine, and \
             if your repair frees memory in large batches, make them smaller",
            lesson.id
        )
        .into());
    }
    Ok(())
}

fn found(measured: &Measured) -> Figures {
    let Measured { judgement, samples, .. } = measured;
    let top =
        judgement.sites.first().filter(|_| judgement.verdict != Verdict::Bounded);
    Figures {
        bytes_per_request: judgement.line.slope,
        peak_bytes: samples.peaks.last().map(|peak| peak.peak_bytes),
        peak_exponent: judgement.peak_exponent,
        place: top.map(|site| {
            let expected = || site.expected_site.clone();
            let line = site.in_app_frame.clone().or_else(expected);
            line.unwrap_or_else(|| report::figures::place(site.place()))
        }),
        fingerprint: top.map(|site| site.fingerprint.clone()),
    }
}

fn seen(measured: &Measured, probe: &Probe, more: Option<&str>) -> Seen {
    let clauses = || measured.judgement.mismatches.iter();
    let about =
        |start: &'static str| clauses().filter(move |c| c.starts_with(start));
    let metrics = measured.judgement.metrics.iter().filter_map(|metric| {
        let clause = format!("has {} that", metric.name);
        clauses().find(|c| c.starts_with(&clause))?;
        Some(format!(
            "Also growing: {}, {:+.1} per request.",
            metric.name, metric.per_request
        ))
    });
    Seen {
        verdict: measured.judgement.verdict,
        figures: found(measured),
        metrics: metrics.chain(more.map(str::to_owned)).collect(),
        errors: about("answered ").next().map(|clause| format!("It {clause}.")),
        probe: Some(probe.clone()),
    }
}

/// Whether nothing is to be repaired.
pub(super) fn is_control(lesson: &Lesson) -> bool {
    lesson.kind == Kind::Control
}
