//! A lesson's services side by side: are they as expected, and if not, why not.

use crate::measure::{Protocol, Recording, Subject};
use model::claims::settled_by;
use model::{Kind, Lesson, Signal};
use report::comparison::{Cost, LessonResult, TwinResult, Verdict};
use std::collections::BTreeMap;

/// A sign says "one for each request". Half allows for what is given back meanwhile
/// and for what comes late.
const SIGN_RISES: f64 = 0.5;

/// What rises by less than one in ten requests is no part of a request. (Sockets and
/// files of a pool come and go.)
const SIGN_RESTS: f64 = 0.1;

/// Fewer calls than one in two requests are no part of a request: batches that are
/// written behind it, whose number is chance.
const OWN_CALLS: f64 = 0.5;

/// A service that was measured.
#[derive(Debug)]
pub struct Measured {
    /// Which.
    pub subject: Subject,
    /// What was read.
    pub recording: Recording,
    /// What it means.
    pub result: TwinResult,
}

/// Puts the results side by side and says what is not as expected.
pub fn conclude(protocol: &Protocol, all: Vec<Measured>) -> LessonResult {
    let lesson = protocol.lesson;
    let mut surprises = Vec::new();
    for measured in &all {
        surprises.extend(verdict_surprise(lesson, measured));
        surprises.extend(sign_surprises(lesson, measured));
        surprises.extend(error_surprise(lesson, measured));
    }
    surprises.extend(burst_surprise(lesson, &all));
    let (twins, variants): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|measured| is_twin(measured.subject));
    let same_answers = match &twins[..] {
        [one, other] => Some(one.recording.answers == other.recording.answers),
        _ => None,
    };
    let refused = twins.iter().any(|measured| measured.recording.refused > 0);
    let may_differ = lesson.outage || (lesson.may_refuse && refused);
    if same_answers == Some(false) && !may_differ {
        let difference =
            difference(protocol, &twins[0].recording, &twins[1].recording);
        surprises.push(difference);
    }
    let answers_sha256 =
        twins.first().map(|first| first.result.answers_sha256.clone());
    let by_name = |all: Vec<Measured>| -> BTreeMap<_, _> {
        all.into_iter().map(|m| (m.subject.name.to_owned(), m.result)).collect()
    };
    let twins = by_name(twins);
    LessonResult {
        id: lesson.id.to_owned(),
        kind: lesson.kind.as_str().to_owned(),
        claims: settled_by(lesson.id).into_iter().map(str::to_owned).collect(),
        law: lesson.law.to_owned(),
        peak_scale: protocol.scale().map(|scale| scale.as_str().to_owned()),
        burst: matches!(lesson.signal, Signal::Burst { .. }),
        as_expected: surprises.is_empty(),
        surprises,
        same_answers,
        answers_sha256: answers_sha256.unwrap_or_default(),
        cost: cost(&twins),
        twins,
        variants: by_name(variants),
    }
}

fn is_twin(subject: Subject) -> bool {
    subject.name == subject.program
}

/// Whether this service keeps what it should drop: `leaky`, and every fix that does not
/// hold.
fn is_to_grow(lesson: &Lesson, subject: Subject) -> bool {
    lesson.kind == Kind::Lesson && !subject.is_to_rest
}

fn verdict_surprise(lesson: &Lesson, measured: &Measured) -> Option<String> {
    let Measured { subject, result, .. } = measured;
    let name = subject.name;
    let expected = match (lesson.kind, lesson.signal) {
        _ if subject.planted_bytes.is_some() => Verdict::Leaks,
        (Kind::Control, _) => Verdict::Flat,
        _ if !is_to_grow(lesson, *subject) => Verdict::Bounded,
        (_, Signal::Slope { .. }) => Verdict::Leaks,
        (_, Signal::Peak { .. }) => Verdict::Grows,
        (_, Signal::Burst { .. }) => Verdict::Bounded,
    };
    if result.verdict != expected {
        let (expected, found) = (expected.as_str(), result.verdict.as_str());
        let cure = match result.verdict {
            Verdict::Inconclusive => "; run it again with more --requests",
            _ => "",
        };
        return Some(format!("{name} is {found}, expected {expected}{cure}"));
    }
    let slope = result.slope_bytes_per_request;
    match lesson.signal {
        Signal::Slope { floor } if expected == Verdict::Leaks && slope < floor => {
            Some(format!(
                "{name} leaks {slope:.0} B a request, less than the {floor:.0} B that \
                 this lesson's leak weighs at least: it may be another one"
            ))
        }
        _ => None,
    }
}

fn sign_surprises(lesson: &Lesson, measured: &Measured) -> Vec<String> {
    let Measured { subject, result, .. } = measured;
    let rises = is_to_grow(lesson, *subject);
    let surprise = |sign: &report::comparison::SignResult| {
        let as_expected = match rises {
            true => sign.per_request >= SIGN_RISES,
            false => sign.per_request <= SIGN_RESTS,
        };
        let verb = if rises { "rise" } else { "rest" };
        (!as_expected).then(|| {
            format!(
                "{}: the {} do not {verb} ({:+.2} a request)",
                subject.name, sign.name, sign.per_request
            )
        })
    };
    result.signs.iter().filter_map(surprise).collect()
}

/// After bursts `leaky` must be larger than before them, and `fixed` less so: that is
/// the lesson. Only glibc is known to keep memory, and can be asked to give it back.
fn burst_surprise(lesson: &Lesson, all: &[Measured]) -> Option<String> {
    let glibc = cfg!(all(target_os = "linux", target_env = "gnu"));
    let kept = |name: &str| {
        let measured = all.iter().find(|measured| measured.subject.name == name)?;
        // Before a second set there were windows, and what dhat needs is resident, too.
        let recording = Some(&measured.recording).filter(|first| first.sets == 1)?;
        let last = recording.readings.last()?.resident_bytes?;
        Some(last.saturating_sub(recording.resident_before?))
    };
    let is_burst = matches!(lesson.signal, Signal::Burst { .. });
    let (leaky, fixed) = (kept("leaky")?, kept("fixed")?);
    (is_burst && glibc && leaky < 2 * fixed).then(|| {
        format!(
            "leaky keeps {} MB resident after its bursts, and fixed {} MB: not twice as \
             much",
            leaky / 1_000_000,
            fixed / 1_000_000
        )
    })
}

fn error_surprise(lesson: &Lesson, measured: &Measured) -> Option<String> {
    let Measured { subject, recording, .. } = measured;
    if lesson.outage {
        return None;
    }
    let allowed = if lesson.may_refuse { recording.refused } else { 0 };
    let errors = recording.errors - allowed;
    let first = recording.first_error.as_deref().unwrap_or_default();
    (errors > 0).then(|| {
        format!("{} answered {errors} requests with errors: {first}", subject.name)
    })
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

/// What the fix costs, where both twins were measured.
fn cost(twins: &BTreeMap<String, TwinResult>) -> Option<Cost> {
    let (leaky, fixed) = (twins.get("leaky")?, twins.get("fixed")?);
    let calls = |twin: &TwinResult| twin.database_calls_per_request;
    let database_calls_ratio = match (calls(leaky), calls(fixed)) {
        (Some(leaky), Some(fixed)) if leaky >= OWN_CALLS => Some(fixed / leaky),
        _ => None,
    };
    let median = |twin: &TwinResult| twin.latency_us.best_round_p50.max(1) as f64;
    let other = |twin: &TwinResult| twin.abandoned + twin.refused;
    let answered = other(leaky) + other(fixed) == 0;
    let latency_ratio = answered.then(|| median(fixed) / median(leaky));
    Some(Cost { database_calls_ratio, latency_ratio })
}
