//! From a recording to a verdict. Every threshold has its reason beside it.

use crate::comparison::{Peak, SiteResult, TwinResult, Verdict};
use crate::measure::{Protocol, Recording};
use crate::statistics::{Line, detection_limit, exponent, theil_sen};
use model::{Kind, Signal};

/// What moves in a service that does not leak: each of its pooled connections to the
/// database holds a read buffer of 8 KiB and its header (hyper 1.12, `h1/io.rs`,
/// `INIT_BUFFER_SIZE`), or does not. One of them may change during any run.
const BUFFER_STEP_BYTES: f64 = 8_232.0;

/// A run whose noise hides more than this is no witness against a leak. A request
/// that keeps one small string keeps about as much: a pointer, a length, a
/// capacity and the text.
const CONTROL_LIMIT_MAX: f64 = 32.0;

/// Peak ~ size^e. Proportional is 1 and independent is 0; a peak that doubles when
/// the input grows sixteenfold has 0.25. What grows by less than that has a bound
/// that it approaches, what grows by more than size^0.75 has none in sight.
const EXPONENT_BOUNDED: f64 = 0.25;
const EXPONENT_GROWS: f64 = 0.75;

/// The window comes after all rounds and is judged by itself. A true slope shows in it
/// in full; half allows for a step against it.
const WINDOW_CONFIRMS: f64 = 0.5;

/// Sites that are listed. More would be noise.
const SITES_MAX: usize = 10;

/// Frames of a site that are listed: from the allocation to the lesson and a little
/// beyond.
const FRAMES_MAX: usize = 40;

/// Frames in files below this path are the lesson's own.
const OWN_PATH: &str = "src/lessons/";

/// The verdict on a recording, with the line through its rounds.
pub fn judge(protocol: &Protocol, recording: &Recording) -> (Verdict, Line, f64) {
    let points = points(protocol, recording);
    let line = theil_sen(&points).unwrap_or(Line {
        slope: 0.0,
        interval: [f64::NEG_INFINITY, f64::INFINITY],
        standard_error: f64::INFINITY,
    });
    let limit = detection_limit(&points, &line, BUFFER_STEP_BYTES);
    let window = per_request(recording.window_growth, recording.window_requests);
    let verdict = match protocol.lesson.signal {
        Signal::Slope { .. } => judge_slope(protocol, &line, limit, window),
        Signal::Peak { .. } => judge_peak(&recording.peaks),
    };
    (verdict, line, limit)
}

fn judge_slope(
    protocol: &Protocol,
    line: &Line,
    limit: f64,
    window: f64,
) -> Verdict {
    if line.slope > limit {
        let confirmed = window >= WINDOW_CONFIRMS * line.slope;
        return if confirmed { Verdict::Leaks } else { Verdict::Inconclusive };
    }
    match protocol.lesson.kind {
        Kind::Control if limit > CONTROL_LIMIT_MAX => Verdict::Inconclusive,
        Kind::Control => Verdict::Flat,
        // Noise that would hide the very leak of this lesson proves nothing.
        Kind::Lesson if limit > floor(protocol) / 2.0 => Verdict::Inconclusive,
        Kind::Lesson => Verdict::Bounded,
    }
}

fn judge_peak(peaks: &[Peak]) -> Verdict {
    match peak_exponent(peaks) {
        Some(e) if e >= EXPONENT_GROWS => Verdict::Grows,
        Some(e) if e <= EXPONENT_BOUNDED => Verdict::Bounded,
        _ => Verdict::Inconclusive,
    }
}

/// The least that this lesson's leak can weigh; 0 where its law is a peak.
fn floor(protocol: &Protocol) -> f64 {
    match protocol.lesson.signal {
        Signal::Slope { floor } => floor,
        Signal::Peak { .. } => 0.0,
    }
}

fn peak_exponent(peaks: &[Peak]) -> Option<f64> {
    let points: Vec<_> =
        peaks.iter().map(|p| (p.size as f64, p.peak_bytes as f64)).collect();
    exponent(&points)
}

/// Requests so far and live bytes, after each round.
fn points(protocol: &Protocol, recording: &Recording) -> Vec<(f64, f64)> {
    let requests = protocol.requests as f64;
    let point = |(n, reading): (usize, &heap::Reading)| {
        ((n + 1) as f64 * requests, reading.live_bytes as f64)
    };
    recording.readings.iter().enumerate().map(point).collect()
}

fn per_request(bytes: i64, requests: u64) -> f64 {
    bytes as f64 / requests.max(1) as f64
}

/// Everything that the contract tells about a twin.
pub fn result(
    protocol: &Protocol,
    recording: &Recording,
    seconds: f64,
) -> TwinResult {
    let (verdict, line, limit) = judge(protocol, recording);
    let grows = matches!(verdict, Verdict::Leaks);
    let sites = sites(recording);
    let mut digest = workload::Digest::default();
    recording.answers.iter().flatten().for_each(|part| digest.add(*part));
    let readings = &recording.readings;
    TwinResult {
        verdict,
        slope_bytes_per_request: line.slope,
        ci95: line.interval,
        detection_limit_bytes_per_request: limit,
        requests_per_round: protocol.requests,
        live_bytes: readings.iter().map(|r| r.live_bytes).collect(),
        peak_bytes: readings.iter().map(|r| r.peak_bytes).max().unwrap_or(0),
        peak_exponent: peak_exponent(&recording.peaks),
        peak_law: recording.peaks.clone(),
        resident_bytes: readings.iter().map(|r| r.resident_bytes).collect(),
        open_files: readings.iter().map(|r| r.open_files).collect(),
        tasks: readings.iter().map(|r| r.tasks).collect(),
        seconds,
        profile: String::new(),
        window_bytes_per_request: per_request(
            recording.window_growth,
            recording.window_requests,
        ),
        unattributed_share: grows.then(|| unattributed(recording, &sites)),
        sites,
        answers_sha256: digest.to_string(),
        refused: recording.refused,
        errors: recording.errors,
    }
}

/// What no own site holds, of all that survived or, where that is more, of what the
/// exact counters saw come.
fn unattributed(recording: &Recording, sites: &[SiteResult]) -> f64 {
    let requests = recording.window_requests.max(1) as f64;
    let own = sites.iter().filter(|site| site.lesson_frame.is_some());
    let held: f64 = own.map(|site| site.bytes_per_request * requests).sum();
    let survived = recording.profile.surviving_bytes() as f64;
    let grown = survived.max(recording.window_growth as f64);
    if grown > 0.0 { (1.0 - held / grown).max(0.0) } else { 0.0 }
}

fn sites(recording: &Recording) -> Vec<SiteResult> {
    let total = recording.profile.surviving_bytes().max(1) as f64;
    let requests = recording.window_requests.max(1) as f64;
    let own = |place: &str| place.contains(OWN_PATH);
    let mut sites = recording.profile.surviving_sites(own);
    sites.truncate(SITES_MAX);
    sites
        .into_iter()
        .map(|site| SiteResult {
            share: site.bytes as f64 / total,
            bytes_per_request: site.bytes as f64 / requests,
            lesson_frame: site.own_frame.map(|frame| frame.place),
            frames: site
                .frames
                .iter()
                .take(FRAMES_MAX)
                .map(ToString::to_string)
                .collect(),
        })
        .collect()
}
