//! What is new, has grown or is gone since an older comparison, so that a job can fail
//! on it.

mod changes;
mod conditions;
mod sites;

pub use crate::accepted::Accepted;
pub use conditions::{Conditions, Load};

use crate::Refusal;
use crate::comparison::Comparison;
use crate::terminal::{Told, Tone};
use changes::{Pair, Services, absences, services};
use measure::judge::place;
use serde::{Deserialize, Serialize};

/// How a run compares with an older one: a part of `comparison.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "docs/comparison-json.md explains every field")]
pub struct Gate {
    pub file: String,
    pub passed: bool,
    pub notes: Vec<String>,
    pub sites: Vec<GatedSite>,
}

impl Gate {
    /// The sites in one of the states.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = &GatedSite> {
        self.sites.iter().filter(move |site| site.state == state)
    }

    /// The sites that are not as they were; those that need action first.
    pub fn changed(&self) -> impl Iterator<Item = &GatedSite> {
        let states = State::ALL.into_iter().filter(|state| *state != State::Known);
        states.flat_map(|state| self.in_state(state))
    }
}

/// How a site has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It grows, and did not in the older run.
    New,
    /// It grows by more than in the older run.
    Grown,
    /// It would be new, but the file of accepted sites gives a reason for it.
    Accepted,
    /// It grows as in the older run, or by less.
    Known,
    /// It grew in the older run and no longer does.
    Fixed,
}

impl State {
    /// All; those that need action first.
    pub const ALL: [Self; 5] =
        [Self::New, Self::Grown, Self::Accepted, Self::Fixed, Self::Known];

    /// Whether it fails a job.
    pub fn fails(self) -> bool {
        matches!(self, Self::New | Self::Grown)
    }
}

impl Told for State {
    fn told(self) -> (&'static str, Tone) {
        match self {
            Self::New => ("NEW", Tone::GROWTH),
            Self::Grown => ("GROWN", Tone::GROWTH),
            Self::Accepted => ("ACCEPTED", Tone::UNSURE),
            Self::Known => ("KNOWN", Tone::STILL),
            Self::Fixed => ("FIXED", Tone::STILL),
        }
    }
}

/// A site of either run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "docs/comparison-json.md explains every field")]
pub struct GatedSite {
    pub lesson: String,
    pub twin: String,
    pub fingerprint: String,
    pub state: State,
    pub bytes_per_request: Option<f64>,
    pub baseline_bytes_per_request: Option<f64>,
    pub allowed_bytes_per_request: Option<f64>,
    pub share: f64,
    pub in_app_frame: Option<String>,
    pub frames: Vec<String>,
    pub reason: Option<String>,
}

impl GatedSite {
    /// Lesson and twin.
    pub fn service(&self) -> String {
        format!("{} {}", self.lesson, self.twin)
    }

    /// Where it is: the in-app line, else the innermost frame.
    pub fn place(&self) -> &str {
        place(self.in_app_frame.as_deref(), &self.frames)
    }
}

/// An older comparison, and the sites that may stay.
#[derive(Debug)]
pub struct Baseline {
    file: String,
    older: Comparison,
    accepted: Accepted,
}

impl Baseline {
    /// Judges later comparisons by an older one; `file` is the name that users know.
    pub fn new(file: String, older: Comparison, accepted: Accepted) -> Self {
        Self { file, older, accepted }
    }

    /// Checks that a run under these conditions can be compared with it.
    pub fn fits(&self, conditions: &Conditions) -> Result<(), Refusal> {
        let refuse = |why| {
            let file = &self.file;
            Err(Refusal(format!("{file} is no baseline for this run: {why}")))
        };
        conditions.refusal(&Conditions::of(&self.older)).map_or(Ok(()), refuse)
    }

    /// Compares a later run with it.
    pub fn judge(&self, newer: &Comparison) -> Result<Gate, Refusal> {
        let conditions = Conditions::of(newer);
        self.fits(&conditions)?;
        let (now, then) = (services(newer), services(&self.older));
        let mut notes = conditions.notes(&Conditions::of(&self.older));
        notes.extend(absences(&now, &then));
        let mut sites = Vec::new();
        for (name, service) in &now {
            let pair = Pair { name: *name, now: service, then: then.get(name) };
            notes.extend(pair.doubts());
            sites.extend(pair.changes(&self.accepted, &mut notes));
        }
        notes.extend(self.unused(newer, &now));
        let passed = !sites.iter().any(|site| site.state.fails());
        Ok(Gate { file: self.file.clone(), passed, notes, sites })
    }

    /// Entries of accepted sites that this run does not need.
    fn unused(&self, newer: &Comparison, now: &Services<'_>) -> Vec<String> {
        let measured: Vec<_> = newer.lessons.iter().map(|l| l.id.as_str()).collect();
        let there = now.iter().flat_map(|(&(lesson, twin), service)| {
            let counting = service.sites.iter().filter(|(_, site)| site.counts);
            counting.map(move |(&fingerprint, _)| (lesson, twin, fingerprint))
        });
        self.accepted.unused_sites(&measured, &there.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests;
