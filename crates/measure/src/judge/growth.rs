//! Whether live bytes or their peak grow.

use super::metrics::against_requests;
use crate::samples::{Peak, Samples, Window};
use crate::scenario::{Growth, Scenario, Verdict};
use crate::statistics::{Line, detection_limit, exponent, step_slope, theil_sen};

/// Baseline jitter of a service that does not leak. Each pooled connection to the database
/// holds a read buffer of 8,232 B (hyper 1.12, `h1/io.rs`, `INIT_BUFFER_SIZE` and its
/// header) and a channel that grows by blocks of 11,808 B, up to three of them (32
/// slots of 368 B and a header: tokio 1.54, `sync/mpsc/block.rs`). A block may be
/// allocated in any round.
pub(super) const JITTER_BYTES: f64 = 11_808.0;

/// A control with a larger detection limit proves nothing. A request that keeps one
/// small string keeps about as much: pointer, length, capacity and the text.
const CONTROL_LIMIT_MAX: f64 = 32.0;

/// The same for a quick measurement, which prints its detection limit.
const QUICK_LIMIT_MAX: f64 = 128.0;

/// Peak ~ size^e: 1 is in proportion to the size, 0 is independent of it. A peak that
/// doubles when the input grows sixteenfold has 0.25. Below that the peak approaches
/// a bound; above 0.75 no bound is in sight.
const EXPONENT_BOUNDED: f64 = 0.25;
const EXPONENT_GROWS: f64 = 0.75;

/// Each dhat window must show this share of the slope by itself. A real leak shows in
/// full, except where a hash table grows: it may double in the rounds and in neither
/// window. The table can be up to three quarters of the slope (small entries in wide
/// slots); the entries are always in the windows too.
const WINDOW_CONFIRMS: f64 = 0.25;

/// A quick measurement ignores slopes below this share of the smallest leak. Five
/// rounds rise by chance too often, and the leak is never smaller than that.
const QUICK_SHARE: f64 = 0.5;

/// Noise that hides more than this share of the smallest leak proves nothing.
const HIDDEN_SHARE_MAX: f64 = 0.5;

/// The verdict and the numbers that it follows from.
#[derive(Debug)]
pub(super) struct GrowthFound {
    pub(super) verdict: Verdict,
    pub(super) line: Line,
    pub(super) detection_limit: f64,
    pub(super) peak_exponent: Option<f64>,
}

/// Judges live bytes and peaks.
pub(super) fn of(samples: &Samples, scenario: &Scenario) -> GrowthFound {
    let live = samples.readings.iter().map(|reading| reading.live_bytes as f64);
    let points = against_requests(scenario.requests as f64, live);
    let line = theil_sen(&points).unwrap_or(Line {
        slope: 0.0,
        interval: [f64::NEG_INFINITY, f64::INFINITY],
        standard_error: f64::INFINITY,
    });
    let mut limit = detection_limit(&points, &line, jitter_bytes(scenario));
    if scenario.quick {
        limit = limit.max(QUICK_SHARE * scenario.growth.min_leak_bytes());
    }
    let peak_exponent = peak_exponent(&samples.peaks, jitter_bytes(scenario));
    let verdict = match scenario.growth {
        _ if samples.unjudged.is_some() => Verdict::Inconclusive,
        Growth::Slope { .. } | Growth::Burst { .. } => {
            judge_slope(samples, scenario, &line, limit)
        }
        Growth::Peak { .. } => match judge_peak(scenario, peak_exponent) {
            // A peak whose memory stays is not bounded.
            Verdict::Bounded | Verdict::Flat if line.slope > limit => {
                Verdict::Inconclusive
            }
            verdict => verdict,
        },
    };
    GrowthFound { verdict, line, detection_limit: limit, peak_exponent }
}

/// Whether the rounds or the peaks grow, before a window has confirmed it. A quick
/// measurement opens windows only then.
pub fn rounds_grow(samples: &Samples, scenario: &Scenario) -> bool {
    let found = of(samples, scenario);
    found.line.slope > found.detection_limit || found.verdict == Verdict::Grows
}

/// The fewest requests in a round with which a healthy service is not INCONCLUSIVE:
/// one step of the jitter must not hide the smallest leak. A quarter is added for
/// noise.
pub fn requests_needed(scenario: &Scenario) -> u64 {
    const NOISE: f64 = 1.25;
    if scenario.is_peak() {
        return 1;
    }
    let rounds: Vec<_> = (1..=scenario.rounds).map(|round| round as f64).collect();
    let jitter = step_slope(&rounds, jitter_bytes(scenario));
    (NOISE * jitter / limit_max(scenario)).ceil() as u64
}

/// Bytes per request over both windows, by the exact counters.
pub(super) fn window_slope(samples: &Samples) -> f64 {
    let windows = || samples.windows.iter();
    let growth: i64 = windows().map(|window| window.growth).sum();
    let requests: u64 = windows().map(|window| window.requests).sum();
    growth as f64 / requests.max(1) as f64
}

fn judge_slope(
    samples: &Samples,
    scenario: &Scenario,
    line: &Line,
    limit: f64,
) -> Verdict {
    if line.slope > limit {
        // A pool that happens to grow in one window does not in the other.
        let windows = samples.windows.iter();
        let least = windows.map(Window::bytes_per_request).reduce(f64::min);
        let confirmed = !scenario.windows
            || least.is_some_and(|least| least >= WINDOW_CONFIRMS * line.slope);
        return if confirmed { Verdict::Leaks } else { Verdict::Inconclusive };
    }
    if limit > limit_max(scenario) {
        return Verdict::Inconclusive;
    }
    at_rest(scenario)
}

fn judge_peak(scenario: &Scenario, exponent: Option<f64>) -> Verdict {
    match exponent {
        Some(e) if e >= EXPONENT_GROWS => Verdict::Grows,
        Some(e) if e <= EXPONENT_BOUNDED => at_rest(scenario),
        _ => Verdict::Inconclusive,
    }
}

/// What the absence of growth is called.
fn at_rest(scenario: &Scenario) -> Verdict {
    match scenario.expected {
        Verdict::Flat => Verdict::Flat,
        _ => Verdict::Bounded,
    }
}

/// The largest detection limit with which a measurement proves something.
pub fn limit_max(scenario: &Scenario) -> f64 {
    match (scenario.expected, scenario.growth) {
        (Verdict::Flat, _) if scenario.quick => QUICK_LIMIT_MAX,
        (Verdict::Flat, _) => CONTROL_LIMIT_MAX,
        // A burst is large, so a quick measurement has time for a few only.
        (_, Growth::Burst { min_leak_bytes, .. }) if scenario.quick => {
            min_leak_bytes
        }
        (_, growth) => HIDDEN_SHARE_MAX * growth.min_leak_bytes(),
    }
}

/// Whether memory fell by more than a step between two rounds. A leak gives nothing back.
pub fn falls(samples: &Samples, scenario: &Scenario) -> bool {
    let live: Vec<_> =
        samples.readings.iter().map(|r| r.live_bytes as f64).collect();
    live.windows(2).any(|pair| pair[0] - pair[1] > jitter_bytes(scenario))
}

pub(super) fn jitter_bytes(scenario: &Scenario) -> f64 {
    match scenario.growth {
        Growth::Burst { jitter_bytes, .. } => jitter_bytes,
        Growth::Slope { .. } | Growth::Peak { .. } => {
            scenario.jitter_bytes.unwrap_or(JITTER_BYTES)
        }
    }
}

/// Peaks below the jitter are as high as the jitter: what they differ by is noise.
fn peak_exponent(peaks: &[Peak], jitter: f64) -> Option<f64> {
    let peaks = peaks.iter();
    let points = peaks.map(|p| (p.size as f64, (p.peak_bytes as f64).max(jitter)));
    exponent(&points.collect::<Vec<_>>())
}
