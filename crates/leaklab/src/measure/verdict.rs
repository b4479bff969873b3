//! From a recording to a verdict. Every threshold has its reason beside it.

use crate::measure::recording::Window;
use crate::measure::sites::{SITES_MAX, sites, unattributed};
use crate::measure::{Protocol, Recording, signs};
use crate::statistics::{Line, detection_limit, exponent, step_slope, theil_sen};
use model::{Kind, Signal};
use report::comparison::{Latency, Peak, TwinResult, Verdict};

/// What moves in a service that does not leak. Each pooled connection to the database
/// holds a read buffer of 8,232 B (hyper 1.12, `h1/io.rs`, `INIT_BUFFER_SIZE` and its
/// header) and a channel that grows by blocks of 11,808 B, up to three of them (32
/// places of 368 B and a header: tokio 1.54, `sync/mpsc/block.rs`). The larger
/// may come during any run.
const STEP_BYTES: f64 = 11_808.0;

/// A run whose noise hides more than this is no witness against a leak. A request
/// that keeps one small string keeps about as much: a pointer, a length, a
/// capacity and the text.
const CONTROL_LIMIT_MAX: f64 = 32.0;

/// The same for whoever asks for a quick look, which says what it cannot see.
const QUICK_LIMIT_MAX: f64 = 128.0;

/// Peak ~ size^e. Proportional is 1 and independent is 0; a peak that doubles when
/// the input grows sixteenfold has 0.25. What grows by less than that has a bound
/// that it approaches, what grows by more than size^0.75 has none in sight.
const EXPONENT_BOUNDED: f64 = 0.25;
const EXPONENT_GROWS: f64 = 0.75;

/// The window comes after all rounds and is judged by itself. A true slope shows in it
/// in full, but where a hash table is what grows: that doubles now and then, and more
/// likely in the many rounds than in the short window. The table may be three
/// quarters of the slope (small entries in wide places); what is never in the rounds
/// alone is the entries themselves.
const WINDOW_CONFIRMS: f64 = 0.25;

/// Whether the rounds or the peaks grow, before any window has confirmed it.
pub(super) fn grows(protocol: &Protocol, recording: &Recording) -> bool {
    let (verdict, line, limit) = judge(protocol, recording);
    line.slope > limit || verdict == Verdict::Grows
}

/// Growth that is not named by more than this share calls for another look.
const UNATTRIBUTED_MAX: f64 = 0.1;

/// Whether the verdict is more than that the noise is too large, and growth has names.
pub(super) fn tells(protocol: &Protocol, recording: &Recording) -> bool {
    let (verdict, line, _) = judge(protocol, recording);
    let named = || {
        let sites = sites(protocol, recording.windows.as_ref());
        unattributed(&sites, line.slope) <= UNATTRIBUTED_MAX
    };
    match verdict {
        Verdict::Inconclusive => false,
        Verdict::Leaks | Verdict::Grows => protocol.quick || named(),
        Verdict::Bounded | Verdict::Flat => true,
    }
}

/// The verdict on a recording, with the line through its rounds.
pub fn judge(protocol: &Protocol, recording: &Recording) -> (Verdict, Line, f64) {
    let points = points(protocol, recording);
    let line = theil_sen(&points).unwrap_or(Line {
        slope: 0.0,
        interval: [f64::NEG_INFINITY, f64::INFINITY],
        standard_error: f64::INFINITY,
    });
    let mut limit = detection_limit(&points, &line, step(protocol));
    if protocol.quick {
        // Five rounds rise by chance too often. The lesson's own leak is no smaller than
        // its floor, so a quick look looks for nothing below half of it, and says so.
        limit = limit.max(floor(protocol) / 2.0);
    }
    let window = least_window_slope(recording);
    let verdict = match protocol.lesson.signal {
        Signal::Slope { .. } | Signal::Burst { .. } => {
            judge_slope(protocol, &line, limit, window)
        }
        // Memory that a peak leaves behind is no bound.
        Signal::Peak { .. } => {
            match judge_peak(protocol.lesson.kind, &recording.peaks) {
                Verdict::Bounded | Verdict::Flat if line.slope > limit => {
                    Verdict::Inconclusive
                }
                verdict => verdict,
            }
        }
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
        _ if limit > hidden_max(protocol) => Verdict::Inconclusive,
        Kind::Control => Verdict::Flat,
        Kind::Lesson => Verdict::Bounded,
    }
}

fn judge_peak(kind: Kind, peaks: &[Peak]) -> Verdict {
    match (peak_exponent(peaks), kind) {
        (Some(e), _) if e >= EXPONENT_GROWS => Verdict::Grows,
        (Some(e), Kind::Lesson) if e <= EXPONENT_BOUNDED => Verdict::Bounded,
        (Some(e), Kind::Control) if e <= EXPONENT_BOUNDED => Verdict::Flat,
        _ => Verdict::Inconclusive,
    }
}

/// The largest detection limit with which a run proves something.
fn hidden_max(protocol: &Protocol) -> f64 {
    let Protocol { lesson, quick, .. } = protocol;
    match (lesson.kind, lesson.signal) {
        (Kind::Control, _) if *quick => QUICK_LIMIT_MAX,
        (Kind::Control, _) => CONTROL_LIMIT_MAX,
        // A burst is large, so a quick look has no time for more than a few.
        (Kind::Lesson, Signal::Burst { floor, .. }) if *quick => floor,
        // Noise that would hide the very leak of this lesson proves nothing.
        (Kind::Lesson, _) => floor(protocol) / 2.0,
    }
}

/// The fewest requests in a round with which a healthy service is not INCONCLUSIVE: one
/// step must not hide what is to be seen. Some are added for noise.
pub fn requests_needed(protocol: &Protocol) -> u64 {
    const NOISE: f64 = 1.25;
    if matches!(protocol.lesson.signal, Signal::Peak { .. }) {
        return 1;
    }
    let rounds: Vec<_> = (1..=protocol.rounds).map(|round| round as f64).collect();
    (NOISE * step_slope(&rounds, step(protocol)) / hidden_max(protocol)).ceil()
        as u64
}

/// The least that this lesson's leak can weigh; 0 where its law is a peak.
fn floor(protocol: &Protocol) -> f64 {
    match protocol.lesson.signal {
        Signal::Slope { floor } | Signal::Burst { floor, .. } => floor,
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

/// What may come once in a service that does not leak.
fn step(protocol: &Protocol) -> f64 {
    match protocol.lesson.signal {
        Signal::Burst { step, .. } => step,
        Signal::Slope { .. } | Signal::Peak { .. } => STEP_BYTES,
    }
}

/// Live bytes per request in the window that shows fewer of them. A pool that happens to
/// grow during one window does not during the other.
fn least_window_slope(recording: &Recording) -> f64 {
    let slope =
        |window: &Window| window.growth as f64 / window.requests.max(1) as f64;
    let windows = recording.windows.iter().flatten();
    // Growth that no window was opened for is not confirmed.
    windows.map(slope).reduce(f64::min).unwrap_or(0.0)
}

/// Live bytes per request over all windows, by the exact counters.
fn window_slope(recording: &Recording) -> f64 {
    let growth: i64 =
        recording.windows.iter().flatten().map(|window| window.growth).sum();
    let windows = recording.windows.iter().flatten();
    let requests: u64 = windows.map(|window| window.requests).sum();
    growth as f64 / requests.max(1) as f64
}

/// Everything that the contract tells about a twin.
pub fn result(
    protocol: &Protocol,
    recording: &Recording,
    seconds: f64,
) -> TwinResult {
    let (verdict, line, limit) = judge(protocol, recording);
    let grows = matches!(verdict, Verdict::Leaks | Verdict::Grows);
    let sites = sites(protocol, recording.windows.as_ref());
    let latency = |quantile| recording.latency_us.value_at_quantile(quantile);
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
        resident_before_bytes: recording.resident_before,
        resident_bytes: readings.iter().map(|r| r.resident_bytes).collect(),
        open_files: readings.iter().map(|r| r.open_files).collect(),
        sockets: readings.iter().map(|r| r.sockets.clone()).collect(),
        tasks: readings.iter().map(|r| r.tasks).collect(),
        in_flight: readings.iter().map(|r| r.in_flight).collect(),
        gauges: signs::gauges(recording),
        signs: signs::signs(protocol, recording),
        database_calls_per_request: signs::database_calls(protocol, recording),
        latency_us: Latency {
            p50: latency(0.5),
            p99: latency(0.99),
            best_round_p50: recording.best_median_us,
        },
        seconds,
        profile: None,
        window_bytes_per_request: window_slope(recording),
        unattributed_share: grows.then(|| unattributed(&sites, line.slope)),
        sites: sites.into_iter().take(SITES_MAX).collect(),
        answers_sha256: digest.to_string(),
        refused: recording.refused,
        errors: recording.errors,
        abandoned: recording.abandoned,
        sets: recording.sets,
        live_bytes_before_exit: recording.live_before_exit,
        live_bytes_at_exit: recording.live_at_exit,
    }
}
