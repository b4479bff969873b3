//! Which sites are new, grown, known or gone. Every threshold has its reason beside it.

use crate::Refusal;
use crate::baseline::held::{
    Held, Name, Services, exact, grows, held, nameless, services,
};
use crate::baseline::notes::{absences, doubts};
use crate::baseline::{Accepted, Conditions, Gate, GatedSite, State};
use crate::comparison::{Comparison, TwinResult, Verdict};
use crate::figures;

/// How much more than before is the same, as a share of what it was, beside both runs'
/// detection limits. Five seeds, full and quick, differed by up to a quarter in what a
/// site holds (framework buffers of l07) ...
const TOLERANCE: f64 = 0.25;

/// ... and by up to a third where the law is a peak, because a buffer that doubles is
/// caught before it does or after (l05); half leaves room for others.
const PEAK_TOLERANCE: f64 = 0.5;

/// An older comparison, and the sites that may stay.
#[derive(Debug)]
pub struct Baseline {
    file: String,
    older: Comparison,
    accepted: Accepted,
}

impl Baseline {
    /// Takes a comparison as the measure of later ones. `file` names it to people.
    ///
    /// # Errors
    /// [`Refusal`]: its sites have no names by which they can be found again.
    pub fn new(
        file: String,
        older: Comparison,
        accepted: Accepted,
    ) -> Result<Self, Refusal> {
        match nameless(&older) {
            None => Ok(Self { file, older, accepted }),
            Some(lesson) => Err(Refusal(format!(
                "{file} has sites without a fingerprint ({lesson}): an older leaklab \
                 wrote it; measure again and take the new comparison.json"
            ))),
        }
    }

    /// Whether a run under these conditions can be compared with it.
    ///
    /// # Errors
    /// [`Refusal`] says why not, and what to do.
    pub fn fits(&self, conditions: &Conditions) -> Result<(), Refusal> {
        match conditions.refusal(&Conditions::of(&self.older)) {
            None => Ok(()),
            Some(why) => {
                let file = &self.file;
                Err(Refusal(format!("{file} is no baseline for this: {why}")))
            }
        }
    }

    /// How a later run stands against it.
    ///
    /// # Errors
    /// [`Refusal`]: the two cannot be compared.
    pub fn judge(&self, newer: &Comparison) -> Result<Gate, Refusal> {
        let conditions = Conditions::of(newer);
        self.fits(&conditions)?;
        if let Some(lesson) = nameless(newer) {
            return Err(Refusal(format!(
                "the sites of {lesson} have no fingerprints: an older leaklab measured \
                 them; measure again"
            )));
        }
        let (now, then) = (services(newer), services(&self.older));
        let mut notes = conditions.notes(&Conditions::of(&self.older));
        notes.extend(absences(&now, &then));
        let mut sites = Vec::new();
        for (name, twin) in &now {
            let older = then.get(name).copied();
            notes.extend(doubts(name, twin, older));
            let of = Service { name: *name, now: twin, then: older };
            sites.extend(of.present(&self.accepted));
            sites.extend(of.gone());
            notes.extend(of.unconfirmed(&self.accepted));
        }
        notes.extend(self.unused(newer, &now));
        let passed = !sites.iter().any(|site| site.state.fails());
        Ok(Gate { file: self.file.clone(), passed, notes, sites })
    }

    fn unused(&self, newer: &Comparison, now: &Services<'_>) -> Vec<String> {
        let measured: Vec<_> = newer.lessons.iter().map(|l| l.id.as_str()).collect();
        let there = now.iter().flat_map(|(name, twin)| {
            let held = held(twin).into_iter().filter(|(_, held)| held.counts(twin));
            held.map(|(fingerprint, _)| (name.lesson, name.twin, fingerprint))
        });
        self.accepted.unused(&measured, &there.collect::<Vec<_>>())
    }
}

/// A twin in both runs.
struct Service<'a> {
    name: Name<'a>,
    now: &'a TwinResult,
    then: Option<&'a TwinResult>,
}

impl Service<'_> {
    /// Sites that count now, largest first.
    fn present(&self, accepted: &Accepted) -> Vec<GatedSite> {
        let then = self.then.map(held).unwrap_or_default();
        let now = held(self.now);
        let mut counting: Vec<_> =
            now.iter().filter(|(_, held)| held.counts(self.now)).collect();
        counting.sort_by(|(_, one), (_, other)| other.bytes.total_cmp(&one.bytes));
        let more = self.holds_more();
        let gated = counting.into_iter().filter_map(|(fingerprint, now)| {
            let before = then.get(fingerprint);
            let allowed = before.map(|before| self.allowed(before));
            let Name { lesson, twin } = self.name;
            let reason = accepted.reason(lesson, twin, fingerprint);
            let state = match (allowed, reason) {
                (Some(allowed), _) if now.bytes > allowed && more => State::Grown,
                (Some(_), _) => State::Known,
                (None, Some(_)) => State::Accepted,
                (None, None) if more => State::New,
                (None, None) => return None,
            };
            let reason = reason.filter(|_| state == State::Accepted);
            Some(GatedSite {
                bytes_per_request: Some(now.bytes),
                baseline_bytes_per_request: before.map(|before| before.bytes),
                allowed_bytes_per_request: allowed,
                reason: reason.map(str::to_owned),
                ..self.site(fingerprint, state, now)
            })
        });
        gated.collect()
    }

    /// The most that a site may hold now and be the same.
    fn allowed(&self, before: &Held<'_>) -> f64 {
        before.bytes.max(0.0) * (1.0 + self.tolerance()) + self.limits()
    }

    fn tolerance(&self) -> f64 {
        let is_peak = !self.now.peaks.is_empty();
        if is_peak { PEAK_TOLERANCE } else { TOLERANCE }
    }

    fn limits(&self) -> f64 {
        let limit = |twin: &TwinResult| twin.detection_limit_bytes_per_request;
        limit(self.now) + self.then.map_or(0.0, limit)
    }

    /// Whether the exact counters confirm that something is new or has grown. Sites trade
    /// bytes from window to window (those of l06 four times over, while their sum is
    /// the same within a tenth), and a short window misses one now and then.
    fn holds_more(&self) -> bool {
        let Some(then) = self.then.filter(|then| grows(then)) else { return true };
        let is_peak = !self.now.peaks.is_empty();
        // A slope scatters within its detection limit, a peak does not.
        let before = match is_peak {
            true => exact(then) * (1.0 + PEAK_TOLERANCE),
            false => exact(then) - self.shrunk(then),
        };
        exact(self.now) > before + self.limits()
    }

    /// What sites held and do not hold any more, which must not hide what is new.
    fn shrunk(&self, then: &TwinResult) -> f64 {
        let now = held(self.now);
        let shrunk = held(then).into_iter().filter_map(|(fingerprint, before)| {
            let bytes = now.get(fingerprint).map_or(0.0, |now| now.bytes.max(0.0));
            let is_less =
                bytes * (1.0 + self.tolerance()) + self.limits() < before.bytes;
            (before.counts(then) && is_less).then_some(before.bytes - bytes)
        });
        shrunk.sum()
    }

    /// What counts now, was not there, and is still not new: the exact counters do not
    /// confirm that more is held.
    fn unconfirmed(&self, accepted: &Accepted) -> Vec<String> {
        if self.holds_more() {
            return Vec::new();
        }
        let then = self.then.map(held).unwrap_or_default();
        let Name { lesson, twin } = self.name;
        let unconfirmed = held(self.now).into_iter().filter(|(fingerprint, now)| {
            let accepted = accepted.reason(lesson, twin, fingerprint).is_some();
            now.counts(self.now) && !then.contains_key(fingerprint) && !accepted
        });
        let sentence = |(_, now): (&str, Held<'_>)| {
            let place = figures::place(now.largest.place());
            format!(
                "{lesson} {twin} did not list {place} in the baseline, but does not \
                 keep more than it did; not judged."
            )
        };
        unconfirmed.map(sentence).collect()
    }

    /// Sites that counted then and do not grow now.
    fn gone(&self) -> Vec<GatedSite> {
        // Who could not tell cannot say that something is gone.
        if self.now.verdict == Verdict::Inconclusive {
            return Vec::new();
        }
        let now = held(self.now);
        let Some(then) = self.then else { return Vec::new() };
        let gone = held(then).into_iter().filter(|(fingerprint, before)| {
            let still =
                now.get(fingerprint).is_some_and(|now| now.grows_in(self.now));
            before.counts(then) && !still
        });
        let gated = gone.map(|(fingerprint, before)| GatedSite {
            baseline_bytes_per_request: Some(before.bytes),
            ..self.site(fingerprint, State::Fixed, &before)
        });
        gated.collect()
    }

    fn site(&self, fingerprint: &str, state: State, held: &Held<'_>) -> GatedSite {
        GatedSite {
            lesson: self.name.lesson.to_owned(),
            twin: self.name.twin.to_owned(),
            fingerprint: fingerprint.to_owned(),
            state,
            bytes_per_request: None,
            baseline_bytes_per_request: None,
            allowed_bytes_per_request: None,
            share: held.share,
            in_app_frame: held.largest.in_app_frame.clone(),
            frames: held.largest.frames.clone(),
            reason: None,
        }
    }
}
