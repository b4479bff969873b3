//! `measure.json`: what `leaklab measure` says about each request of a service, what of it
//! fails a job, and why. `docs/own-service.md` explains the fields.

mod exports;
mod text;
mod traffic;

pub use crate::accepted::{Acceptance, Accepted};
pub(crate) use exports::figure;
pub use exports::{junit, markdown};
pub(crate) use text::about;
pub use text::text;
pub use traffic::{Peaks, Traffic};

use crate::Refusal;
use crate::figures::{bytes, size};
use crate::terminal::{Told, Tone};
pub use measure::judge::trend::Trend;
pub use measure::judge::{MetricSlope, SiteGrowth};
use profile::FrameRef;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of `measure.json` that this program reads and writes.
pub const SCHEMA: u32 = 1;

/// A planted leak is found if at least this share of it is.
const PLANTED_FOUND: f64 = 0.5;

/// A measurement of a service.
#[derive(Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "docs/own-service.md explains every field")]
pub struct Measured {
    pub schema: u32,
    pub instrument: String,
    #[serde(default)]
    pub measured_at: String,
    #[serde(default)]
    pub passed: bool,
    #[serde(default)]
    pub planted_bytes: Option<u64>,
    #[serde(default)]
    pub baseline: Option<String>,
    #[serde(default)]
    pub notes: Vec<String>,
    pub requests: Vec<RequestResult>,
}

impl Told for Trend {
    fn told(self) -> (&'static str, Tone) {
        match self {
            Self::Leaks => ("LEAKS", Tone::GROWTH),
            Self::Flat => ("FLAT", Tone::STILL),
            Self::Plateau => ("PLATEAU", Tone::STILL),
            Self::GrowsWith => ("GROWS WITH", Tone::GROWTH),
            Self::Inconclusive => ("INCONCLUSIVE", Tone::UNSURE),
        }
    }
}

/// What one request does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "docs/own-service.md explains every field")]
pub struct RequestResult {
    pub name: String,
    pub verdict: Trend,
    #[serde(default)]
    pub heap_verdict: Option<Trend>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub failure: Option<String>,
    pub slope_bytes_per_request: f64,
    pub ci95: [f64; 2],
    pub detection_limit_bytes_per_request: f64,
    pub requests_per_round: u64,
    #[serde(default)]
    pub live_bytes: Vec<u64>,
    #[serde(default)]
    pub requests: u64,
    pub responses: u64,
    pub errors: u64,
    pub first_error: Option<String>,
    pub metrics: Vec<MetricSlope>,
    pub limits: Vec<LimitAhead>,
    #[serde(default)]
    pub accepted: Option<Acceptance>,
    #[serde(default)]
    pub change: Option<Changed>,
    #[serde(default)]
    pub planted: Option<Planted>,
    #[serde(default)]
    pub resembles: Option<String>,
    pub sites: Vec<SiteGrowth>,
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// A limit that this request will meet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LimitAhead {
    /// Open files, or bytes of memory.
    pub of: String,
    /// The limit.
    pub limit: u64,
    /// Requests until it is met.
    pub requests: u64,
    /// Seconds until then, at the rate that `--rate` says.
    #[serde(default)]
    pub seconds: Option<f64>,
}

/// How a request that grows, or did, has changed since the baseline.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Changed {
    /// In a word.
    pub state: Change,
    /// Bytes that each request added then; 0 where memory did not grow.
    pub before_bytes_per_request: f64,
}

/// What changed for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It grew, and doesn't any more.
    Gone,
    /// It grows as before.
    Same,
    /// It grows, and did not before: in bytes, or in a metric.
    New,
    /// It grows by more than before.
    Grown,
    /// It grows by less than before.
    Shrunk,
}

impl Change {
    /// The change in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Gone => "grows no more",
            Self::Same => "grows as before",
            Self::New => "grows, and did not",
            Self::Grown => "grows by more than before",
            Self::Shrunk => "grows by less than before",
        }
    }
}

/// What was found of a leak that was planted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Planted {
    /// How much more a request leaked than without it.
    pub more_bytes_per_request: f64,
    /// Whether a job would have failed.
    pub found: bool,
}

impl Measured {
    /// Reads the result that an earlier run wrote. `option` is its name on the command
    /// line.
    ///
    /// # Errors
    /// There is no such file, or it is no result of this schema without a planted leak.
    pub fn read(path: &Path, option: &str) -> Result<Self, Refusal> {
        let wrong =
            |why: String| Refusal(format!("{option} {}: {why}", path.display()));
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let measured: Self = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("it is no measure.json ({error})")))?;
        match (measured.schema, measured.planted_bytes) {
            (SCHEMA, None) => Ok(measured),
            (SCHEMA, _) => Err(wrong("it was measured with --plant".to_owned())),
            (other, _) => {
                Err(wrong(format!("it has schema {other}, expected {SCHEMA}")))
            }
        }
    }

    /// Finds what has changed since a baseline, what is accepted, and what fails.
    pub fn judge(&mut self, baseline: Option<(&str, &Self)>, accepted: &Accepted) {
        self.baseline = baseline.map(|(file, _)| file.to_owned());
        for request in &mut self.requests {
            let change = baseline.map(|(_, before)| before.change(request));
            request.change = change.flatten();
            request.accepted = accepted.request(&request.name);
            request.failure =
                request.failure(baseline.is_some(), self.planted_bytes);
        }
        self.passed = self.requests.iter().all(|request| request.failure.is_none());
    }

    /// How a request of a later result has changed. One that only the later result has
    /// did not grow.
    fn change(&self, now: &RequestResult) -> Option<Changed> {
        let old = self.requests.iter().find(|request| request.name == now.name);
        let old = old.map(RequestResult::growth).unwrap_or_default();
        let new = now.growth();
        let noise = old.noise + new.noise;
        let state = match (old.grows, new.grows) {
            (false, false) => return None,
            (true, false) => Change::Gone,
            (false, true) => Change::New,
            (true, true) if new.bytes > old.bytes + noise => Change::Grown,
            (true, true) if new.bytes < old.bytes - noise => Change::Shrunk,
            (true, true) => Change::Same,
        };
        Some(Changed { state, before_bytes_per_request: old.bytes })
    }

    /// The answer.
    pub fn sentence(&self) -> String {
        let all = self.requests.len();
        let count = |is: &dyn Fn(&RequestResult) -> bool| {
            self.requests.iter().filter(|request| is(request)).count()
        };
        if let Some(bytes) = self.planted_bytes {
            let found = count(&|request| request.failure.is_none());
            return format!(
                "A planted leak of {bytes} B per request was found in {found} of {all} \
                 requests."
            );
        }
        let mut text =
            format!("{} of {all} requests grow", count(&RequestResult::grows));
        let fail = count(&|request| request.failure.is_some());
        if self.baseline.is_some() {
            text += &format!("; {fail} fail against the baseline");
        }
        let accepted = count(&|request| request.is_accepted());
        let unsure = count(&|request| request.verdict == Trend::Inconclusive);
        for (number, what) in [(accepted, "accepted"), (unsure, "inconclusive")] {
            if number > 0 {
                text += &format!("; {number} {what}");
            }
        }
        text + "."
    }

    /// What to do where call stacks have no line of the service.
    pub fn cure(&self) -> Option<&'static str> {
        let sites = || self.requests.iter().flat_map(|request| &request.sites);
        let unnamed = sites().all(|site| site.in_app_frame.is_none());
        (unnamed && sites().next().is_some()).then_some(
            "No line of your own code is known. Build the service with debug = \
             \"limited\" and without strip, under [profile.dev] or [profile.release] in \
             Cargo.toml (C: -g), or name its folder: --in-app src/.",
        )
    }
}

/// How a request grows, for a comparison.
#[derive(Debug, Default)]
struct RequestGrowth {
    grows: bool,
    /// Bytes that each request adds; 0 where memory doesn't grow.
    bytes: f64,
    /// By how much they may differ between two measurements: half of the interval, or the
    /// detection limit where that is more.
    noise: f64,
}

impl RequestResult {
    /// Whether memory or a metric grows with the requests.
    pub fn grows(&self) -> bool {
        matches!(self.verdict, Trend::Leaks | Trend::GrowsWith)
            || !self.metrics.is_empty()
    }

    /// The verdict about the heap alone, without what else leaks.
    pub(crate) fn heap(&self) -> Trend {
        self.heap_verdict.unwrap_or(self.verdict)
    }

    fn growth(&self) -> RequestGrowth {
        let leaks = self.heap() == Trend::Leaks;
        let spread = (self.ci95[1] - self.ci95[0]) / 2.0;
        RequestGrowth {
            grows: self.grows(),
            bytes: if leaks { self.slope_bytes_per_request } else { 0.0 },
            noise: spread.max(self.detection_limit_bytes_per_request),
        }
    }

    /// What was found of a leak that was planted after an earlier measurement of the same
    /// request: by the rules of a job that compares the two.
    #[must_use]
    pub fn with_planted(self, bytes: f64, without: &Self) -> Self {
        let (old, new) = (without.growth(), self.growth());
        let more_bytes_per_request =
            self.slope_bytes_per_request - without.slope_bytes_per_request;
        let stands_out = !old.grows || new.bytes > old.bytes + old.noise + new.noise;
        let found = self.heap() == Trend::Leaks
            && more_bytes_per_request >= PLANTED_FOUND * bytes
            && stands_out;
        let planted = Some(Planted { more_bytes_per_request, found });
        // It is not the service's own memory.
        Self { planted, sites: Vec::new(), resembles: None, ..self }
    }

    /// Whether it grows, and may.
    pub fn is_accepted(&self) -> bool {
        self.grows() && self.accepted.is_some() && self.failure.is_none()
    }

    /// Why it fails a job, if it does.
    fn failure(&self, gated: bool, planted: Option<u64>) -> Option<String> {
        if let (Some(leak), Some(planted)) = (planted, &self.planted) {
            let more = bytes(planted.more_bytes_per_request);
            let limit = size(self.growth().noise);
            return (!planted.found).then(|| {
                format!(
                    "{}: a leak of {leak} B would not be caught: found {more} B, within \
                     {limit} B of noise; a higher --count may find it",
                    self.verdict.word()
                )
            });
        }
        if !self.grows() {
            return None;
        }
        let growth = self.growth_words();
        if let Some(why) = self.accepted.as_ref().and_then(|a| a.refuses(self)) {
            return Some(format!("grows: {growth}, but {why}"));
        }
        let accepted = self.accepted.is_some();
        let worse = |change: &&Changed| {
            change.state == Change::Grown || change.state == Change::New && !accepted
        };
        match self.change.as_ref().filter(worse) {
            Some(Changed { state, before_bytes_per_request: before }) => {
                let (words, before) = (state.words(), bytes(*before));
                Some(format!("{words}: {growth}, {before} B before"))
            }
            None if accepted || gated => None,
            None => Some(format!("grows: {growth}")),
        }
    }

    /// By how much it grows.
    fn growth_words(&self) -> String {
        let memory = (self.heap() == Trend::Leaks)
            .then(|| format!("{} B", bytes(self.slope_bytes_per_request)));
        let peaks = self.traffic.peaks.as_ref();
        let peaks = peaks.filter(|_| self.verdict == Trend::GrowsWith);
        let peaks =
            peaks.map(|peaks| format!("a peak that follows the {}", peaks.of));
        let metrics = self.metrics.iter();
        let metrics = metrics
            .map(|metric| format!("{:+.2} {}", metric.per_request, metric.name));
        let all: Vec<_> = memory.into_iter().chain(peaks).chain(metrics).collect();
        format!("{} with each request", all.join(", "))
    }
}

/// The function that a site's place is in, without its path.
pub(crate) fn function(site: &SiteGrowth) -> Option<String> {
    let frames = site.frames.iter();
    let mut frames =
        frames.filter_map(|frame| frame.strip_suffix(')')?.rsplit_once(" ("));
    let (function, place) = match &site.in_app_frame {
        Some(place) => frames.find(|(_, at)| at == place)?,
        None => frames.next()?,
    };
    let name = FrameRef { function, place }.short();
    (!name.is_empty() && name != "???").then_some(name)
}

/// A site's file and line. In libraries, a function's name can be longer than a line.
pub(crate) fn line(site: &SiteGrowth) -> &str {
    let place = site.place();
    place.rsplit_once(" (").map_or(place, |(_, file)| file).trim_end_matches(')')
}
