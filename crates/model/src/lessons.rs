//! The one list of lessons. Files, tests, chapters and the comparison are checked
//! against it.

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
    /// Live bytes return, but their peak follows the size of the input.
    Peak {
        /// The sizes to measure at, in items, ascending; at least three.
        sizes: &'static [u64],
    },
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
}

/// Every lesson, then every control, in the order of the book.
pub const LESSONS: &[Lesson] = &[
    Lesson {
        id: "l01_order_export",
        kind: Kind::Lesson,
        title: "export a tenant's orders",
        route: "GET /orders/export",
        law: "table size",
        signal: Signal::Peak { sizes: &[200, 800, 2_400] },
        requests: 2,
        window: 1,
        concurrency: 1,
        settings: &[],
        may_refuse: false,
    },
    Lesson {
        id: "l04_background_jobs",
        kind: Kind::Lesson,
        title: "confirm an order, audit it in the background",
        route: "POST /orders/{id}/confirm",
        law: "requests",
        // A kept JoinHandle keeps its task's cell, which is as large as the
        // job's future: more than one DynamoDB call's state.
        signal: Signal::Slope { floor: 256.0 },
        requests: 120,
        window: 60,
        concurrency: 1,
        settings: &[],
        may_refuse: true,
    },
    Lesson {
        id: "l09_call_budget",
        kind: Kind::Lesson,
        title: "quote an order within a time budget",
        route: "GET /orders/{id}/quote",
        law: "distinct durations",
        // A connector of its own: at least a pool and a read buffer of 8 KiB.
        signal: Signal::Slope { floor: 8_192.0 },
        requests: 20,
        window: 6,
        concurrency: 1,
        settings: &["--quote-budget-ms=60000"],
        may_refuse: false,
    },
    Lesson {
        id: "l11_session_cache",
        kind: Kind::Lesson,
        title: "look a session up, cached",
        route: "GET /sessions/{token}",
        law: "distinct tokens",
        // The values of a 1,000-byte item alone.
        signal: Signal::Slope { floor: 700.0 },
        requests: 160,
        window: 60,
        concurrency: 1,
        // Small enough for the warm-up to fill: a cache grows until it is full.
        settings: &["--session-cache-bytes-max=32768"],
        may_refuse: false,
    },
    Lesson {
        id: "c01_client_clones",
        kind: Kind::Control,
        title: "clone the client 1,000 times a request",
        route: "GET /orders/{id}/status",
        law: "client clones",
        signal: Signal::Slope { floor: 0.0 },
        requests: 160,
        window: 15,
        concurrency: 1,
        settings: &[],
        may_refuse: false,
    },
    Lesson {
        id: "c02_first_page",
        kind: Kind::Control,
        title: "list one page, drop the paginator",
        route: "GET /orders",
        law: "dropped paginators",
        signal: Signal::Slope { floor: 0.0 },
        requests: 80,
        window: 6,
        concurrency: 1,
        settings: &[],
        may_refuse: false,
    },
];

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
            if let Signal::Peak { sizes } = lesson.signal {
                assert!(sizes.len() >= 3 && sizes.is_sorted(), "{}", lesson.id);
            }
        }
    }
}
