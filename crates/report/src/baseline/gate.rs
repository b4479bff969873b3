//! The part of `comparison.json` that says how a run stands against its baseline.

use crate::comparison::place;
use serde::{Deserialize, Serialize};

/// How a run stands against an older one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Gate {
    /// The older comparison, as it was named.
    pub file: String,
    /// Whether no site is `NEW` or `GROWN`.
    pub passed: bool,
    /// What was not judged and why, and what else a reader must know; a sentence each.
    pub notes: Vec<String>,
    /// Every site that counts in one of the two runs, in the order of the lessons.
    pub sites: Vec<GatedSite>,
}

impl Gate {
    /// The sites in one of the states.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = &GatedSite> {
        self.sites.iter().filter(move |site| site.state == state)
    }
}

/// Where a site stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It grows, and did not in the older run.
    New,
    /// It grows by more than in the older run.
    Grown,
    /// It would be new, but somebody gave a reason why it may stay.
    Accepted,
    /// It grows as in the older run, or by less.
    Known,
    /// It grew in the older run and does not any more.
    Fixed,
}

impl State {
    /// All, those first that ask for something.
    pub const ALL: [Self; 5] =
        [Self::New, Self::Grown, Self::Accepted, Self::Fixed, Self::Known];

    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Grown => "GROWN",
            Self::Accepted => "ACCEPTED",
            Self::Known => "KNOWN",
            Self::Fixed => "FIXED",
        }
    }

    /// Whether it fails a job.
    pub fn fails(self) -> bool {
        matches!(self, Self::New | Self::Grown)
    }
}

/// A site of either run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GatedSite {
    /// Id of the lesson.
    pub lesson: String,
    /// `leaky`, `fixed` or the name of a variant.
    pub twin: String,
    /// Names the site in every run.
    pub fingerprint: String,
    /// Where it stands.
    pub state: State,
    /// Growth per request now; `null` when it is gone.
    pub bytes_per_request: Option<f64>,
    /// Growth per request in the older run; `null` when there was none.
    pub baseline_bytes_per_request: Option<f64>,
    /// Above this it would be `GROWN`; `null` when the older run did not have it.
    pub allowed_bytes_per_request: Option<f64>,
    /// Of all growth of its twin: now, or then when it is gone.
    pub share: f64,
    /// Innermost line of a lesson, or `null`: now, or then when it is gone.
    pub in_app_frame: Option<String>,
    /// The call stack that holds most of it, innermost first, likewise.
    pub frames: Vec<String>,
    /// Why it may stay, where it is `ACCEPTED`.
    pub reason: Option<String>,
}

impl GatedSite {
    /// Where it is: the line of the lesson, else the innermost frame.
    pub fn place(&self) -> &str {
        place(self.in_app_frame.as_deref(), &self.frames)
    }
}
