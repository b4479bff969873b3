//! Which sites of a service are new, grown, known or gone. Every threshold has its
//! reason beside it.

use super::sites::{Service, Site};
use super::{Accepted, GatedSite, State};
use crate::comparison::{Comparison, Verdict};
use crate::figures;
use std::collections::{BTreeMap, BTreeSet};

/// How much more than before still counts as the same, as a share of what it was, beside
/// both runs' detection limits. Five seeds, full and quick, differed by up to a quarter
/// in what a site holds (framework buffers of l07) ...
const TOLERANCE: f64 = 0.25;

/// ... and by up to a third at a peak, because a doubling buffer is caught before it
/// doubles or after (l05); half leaves room for others.
const PEAK_TOLERANCE: f64 = 0.5;

/// A lesson, and a twin or failed fix in it.
pub(super) type Name<'a> = (&'a str, &'a str);

pub(super) type Services<'a> = BTreeMap<Name<'a>, Service<'a>>;

pub(super) fn services(comparison: &Comparison) -> Services<'_> {
    let lessons = comparison.lessons.iter();
    let services = lessons.flat_map(|lesson| {
        let id = lesson.id.as_str();
        lesson.services().map(move |(name, twin)| ((id, name), Service::of(twin)))
    });
    services.collect()
}

/// What only one of the runs measured.
pub(super) fn absences(now: &Services<'_>, then: &Services<'_>) -> Vec<String> {
    let only = |these: &Services<'_>, others: &Services<'_>, words: &str| {
        let only = these.keys().filter(|name| !others.contains_key(name));
        let names: Vec<_> =
            only.map(|(lesson, twin)| format!("{lesson} {twin}")).collect();
        (!names.is_empty()).then(|| format!("{words}: {}.", names.join(", ")))
    };
    let missing = only(then, now, "Not measured now, so not judged");
    let added = only(now, then, "Not in the baseline, so all growth there is new");
    missing.into_iter().chain(added).collect()
}

/// A service in both runs.
pub(super) struct Pair<'a> {
    pub(super) name: Name<'a>,
    pub(super) now: &'a Service<'a>,
    pub(super) then: Option<&'a Service<'a>>,
}

impl Pair<'_> {
    /// Notes where one of the runs is inconclusive.
    pub(super) fn doubts(&self) -> Vec<String> {
        let (lesson, twin) = self.name;
        let unsure =
            |service: &Service<'_>| service.result.verdict == Verdict::Inconclusive;
        let now = unsure(self.now).then(|| {
            format!("{lesson} {twin} is INCONCLUSIVE, so its sites were not judged.")
        });
        let then = self.then.is_some_and(unsure).then(|| {
            format!(
                "{lesson} {twin} was INCONCLUSIVE in the baseline, so all growth \
                 there is new."
            )
        });
        now.into_iter().chain(then).collect()
    }

    /// Every site that counts in one of the runs, largest first, those that are gone
    /// last.
    pub(super) fn changes(
        &self,
        accepted: &Accepted,
        notes: &mut Vec<String>,
    ) -> Vec<GatedSite> {
        let (lesson, twin) = self.name;
        let then = self.then.iter().flat_map(|service| service.sites.keys());
        let all: BTreeSet<_> = self.now.sites.keys().chain(then).copied().collect();
        let more = self.holds_more();
        let conclusive = self.now.result.verdict != Verdict::Inconclusive;
        let mut changes = Vec::new();
        for fingerprint in all {
            let now = self.now.sites.get(fingerprint);
            let then = self.then.and_then(|then| then.sites.get(fingerprint));
            let reason = accepted.reason(lesson, twin, fingerprint);
            let state = match (now.filter(|now| now.counts), then) {
                (Some(now), Some(then))
                    if more && now.bytes > self.allowed(then) =>
                {
                    State::Grown
                }
                (Some(_), Some(_)) => State::Known,
                (Some(_), None) if reason.is_some() => State::Accepted,
                (Some(_), None) if more => State::New,
                (Some(now), None) => {
                    notes.push(self.unconfirmed(now));
                    continue;
                }
                (None, Some(then)) => {
                    let gone = conclusive && !now.is_some_and(|now| now.grows);
                    if !(gone && then.counts) {
                        continue;
                    }
                    State::Fixed
                }
                (None, None) => continue,
            };
            changes.extend(self.change(fingerprint, state, now, then, reason));
        }
        changes.sort_by(|one, other| {
            let bytes =
                |site: &GatedSite| site.bytes_per_request.unwrap_or(f64::MIN);
            bytes(other).total_cmp(&bytes(one))
        });
        changes
    }

    fn change(
        &self,
        fingerprint: &str,
        state: State,
        now: Option<&Site<'_>>,
        then: Option<&Site<'_>>,
        reason: Option<&str>,
    ) -> Option<GatedSite> {
        let now = now.filter(|_| state != State::Fixed);
        let shown = now.or(then)?;
        Some(GatedSite {
            lesson: self.name.0.to_owned(),
            twin: self.name.1.to_owned(),
            fingerprint: fingerprint.to_owned(),
            state,
            bytes_per_request: now.map(|site| site.bytes),
            baseline_bytes_per_request: then.map(|site| site.bytes),
            allowed_bytes_per_request: now.and(then).map(|then| self.allowed(then)),
            share: shown.share,
            in_app_frame: shown.largest.in_app_frame.clone(),
            frames: shown.largest.frames.clone(),
            reason: reason.filter(|_| state == State::Accepted).map(str::to_owned),
        })
    }

    /// The most that a site may hold now and be the same.
    fn allowed(&self, then: &Site<'_>) -> f64 {
        then.bytes.max(0.0) * (1.0 + self.tolerance()) + self.limits()
    }

    fn tolerance(&self) -> f64 {
        if self.now.result.is_peak() { PEAK_TOLERANCE } else { TOLERANCE }
    }

    /// Detection limits of both runs.
    fn limits(&self) -> f64 {
        let both = [Some(self.now), self.then].into_iter().flatten();
        both.map(|service| service.result.detection_limit_bytes_per_request).sum()
    }

    /// Whether the exact counters confirm that something is new or has grown. Sites trade
    /// bytes from window to window (those of l06 four times over, while their sum stays
    /// the same within a tenth), and a short window sometimes misses one.
    fn holds_more(&self) -> bool {
        let growing = |then: &&Service<'_>| then.result.verdict.is_growth();
        let Some(then) = self.then.filter(growing) else { return true };
        // A slope scatters within its detection limit, a peak does not.
        let before = match self.now.result.is_peak() {
            true => then.exact * (1.0 + PEAK_TOLERANCE),
            false => then.exact - self.shrunk(then),
        };
        self.now.exact > before + self.limits()
    }

    /// What sites held then and no longer hold, which must not hide what is new.
    fn shrunk(&self, then: &Service<'_>) -> f64 {
        let shrunk = then.sites.iter().filter_map(|(fingerprint, then)| {
            let now = self.now.sites.get(fingerprint);
            let now = now.map_or(0.0, |now| now.bytes.max(0.0));
            let is_less =
                now * (1.0 + self.tolerance()) + self.limits() < then.bytes;
            (then.counts && is_less).then_some(then.bytes - now)
        });
        shrunk.sum()
    }

    /// Counts now, was not there, and is still not new.
    fn unconfirmed(&self, now: &Site<'_>) -> String {
        let (lesson, twin) = self.name;
        let place = figures::place(now.largest.place());
        format!(
            "{lesson} {twin} did not list {place} in the baseline, but does not keep \
             more than it did; not judged."
        )
    }
}
