//! What a lesson is, and the one list of them. Files, tests, chapters and the
//! comparison are checked against it.

mod list;

pub use list::LESSONS;

use crate::Fault;

/// A lesson leaks in one twin; a control leaks in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One job, right in `fixed` and wrong in `leaky`.
    Lesson,
    /// A thing that is widely believed to leak and does not.
    Control,
}

impl Kind {
    /// `lesson` or `control`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lesson => "lesson",
            Self::Control => "control",
        }
    }
}

/// What the memory grows with, in words for people.
pub type Law = &'static str;

/// How growth shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signal {
    /// Live bytes rise from round to round.
    Slope {
        /// The declared floor in bytes per request: the least that one retained
        /// thing of this lesson can weigh. A slope below it is not this leak.
        floor: f64,
    },
    /// Live bytes return after a burst, and resident bytes do not in `leaky`. Neither
    /// twin leaks.
    Burst {
        /// Live bytes per request that would be a leak: the least of what a request
        /// holds while it is served. A burst's pools come and go below that.
        floor: f64,
        /// What pools may move by after a burst, in bytes.
        step: f64,
    },
    /// Live bytes return, but their peak follows the size of the input.
    Peak {
        /// The sizes to measure at, ascending; at least three.
        sizes: &'static [u64],
        /// What they are sizes of.
        of: Scale,
    },
}

/// What a peak may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Items that one request reads or writes.
    Items,
    /// Requests that come at once.
    Requests,
    /// Attempts that one call to the database takes.
    Attempts,
}

impl Scale {
    /// In the plural, for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Requests => "requests at once",
            Self::Attempts => "attempts",
        }
    }
}

/// A fix that people try first and that does not hold: measured beside the twins.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// As it is typed: `acquire-in-handler`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// The program: `decoys`, or `fixed` where other settings are all.
    pub program: &'static str,
    /// Its settings beside those of the lesson; they win.
    pub settings: &'static [&'static str],
    /// Whether this workload does not show why it does not hold; the chapter tells what
    /// would. It is then expected to stay bounded, and otherwise to grow as `leaky` does.
    pub holds_here: bool,
}

/// A number beside the heap. Where the registry names one for a lesson, it rises by
/// about one with each request of `leaky` and stays where it is in `fixed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Open file descriptors.
    OpenFiles,
    /// TCP sockets in this state, as `CLOSE_WAIT`.
    Sockets(&'static str),
    /// Background tasks.
    Tasks,
    /// Requests under way.
    InFlight,
    /// A gauge that the service itself keeps, by its name.
    Gauge(&'static str),
}

/// A job of the service, and what is known of it beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// Name of its file, its chapter and its profiles.
    pub id: &'static str,
    /// Lesson or control.
    pub kind: Kind,
    /// The job in a few words.
    pub title: &'static str,
    /// Method and path.
    pub route: &'static str,
    /// What it leaks with, or what people believe that it leaks with.
    pub law: Law,
    /// How growth shows.
    pub signal: Signal,
    /// Requests in a round, unless the command line says otherwise. Chosen so that
    /// a round of the slower twin takes a fraction of a second.
    pub requests: u64,
    /// Requests in a round of a quick look, where a quarter of them is too few: what is
    /// bounded then moves by more than a round's requests could leak.
    pub quick_requests: Option<u64>,
    /// Requests in the first dhat window; the second has twice as many. dhat slows an
    /// allocation tenfold, so they are few: enough for the sites to stand out.
    pub window: u64,
    /// Requests under way at once. One wherever the law does not need more: with two,
    /// chance decides when the service opens another connection to its database.
    pub concurrency: usize,
    /// What both twins are started with beside the defaults.
    pub settings: &'static [&'static str],
    /// Lesson whose fix refuses work under overload: 503 in `fixed` is then no
    /// different answer.
    pub may_refuse: bool,
    /// Lesson whose database does not answer: errors and missing answers are part of
    /// it, and the twins' answers are not compared.
    pub outage: bool,
    /// What goes wrong between the service and its database.
    pub faults: &'static [Fault],
    /// Fixes that do not hold.
    pub variants: &'static [Variant],
    /// Numbers beside the heap that must rise in `leaky` and must not in `fixed`.
    pub signs: &'static [Sign],
    /// Where the memory was allocated when that is no line of the lesson: parts of
    /// frames (`actix_http::h1`, `model/src/ids.rs`), as the chapter explains. A call
    /// stack through one of them counts as named.
    pub culprits: &'static [&'static str],
}

/// The lesson of this id.
pub fn lesson(id: &str) -> Option<&'static Lesson> {
    LESSONS.iter().find(|lesson| lesson.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_distinct_and_say_their_kind() {
        let ids: HashSet<_> = LESSONS.iter().map(|lesson| lesson.id).collect();
        assert_eq!(ids.len(), LESSONS.len());
        for lesson in LESSONS {
            let letter = if lesson.kind == Kind::Lesson { 'l' } else { 'c' };
            assert!(lesson.id.starts_with(letter), "{}", lesson.id);
        }
    }

    #[test]
    fn a_peak_law_is_measured_at_three_sizes_or_more() {
        for lesson in LESSONS {
            if let Signal::Peak { sizes, .. } = lesson.signal {
                assert!(sizes.len() >= 3 && sizes.is_sorted(), "{}", lesson.id);
            }
        }
    }
}
