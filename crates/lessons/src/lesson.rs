//! What a lesson is.

use crate::data::{Items, shop_orders};
use crate::plan::Plan;
use dynamo::Fault;
use measure::{Growth, Metric, Verdict};
use model::table::Item;
use workload::{ClientBehavior, Request};

/// A lesson leaks in one twin; a control leaks in neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A job that leaks in `leaky` and not in `fixed`.
    Lesson,
    /// A job that is widely believed to leak and does not.
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

    /// By the first letter of an id.
    pub(crate) const fn of(id: &str) -> Self {
        match id.as_bytes()[0] {
            b'c' => Self::Control,
            _ => Self::Lesson,
        }
    }
}

/// A fix that people try first and that does not stop the growth. It is measured
/// beside the twins on request.
#[derive(Debug, Clone, Copy)]
pub struct FailedFix {
    /// As it is typed: `acquire-in-handler`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// Why it does not stop the growth, as the rest of a sentence.
    pub why: &'static str,
    /// The program: `decoys`, or `fixed` with other settings.
    pub program: &'static str,
    /// Settings that replace those of the lesson.
    pub settings: &'static [&'static str],
    /// Whether it stays bounded under this lesson's load. The chapter then says under
    /// which load it does not.
    pub bounded_here: bool,
}

impl FailedFix {
    /// One with its own code, which grows as `leaky` does.
    pub(crate) const fn decoy(
        name: &'static str,
        title: &'static str,
        why: &'static str,
    ) -> Self {
        let (program, settings) = ("decoys", [].as_slice());
        Self { name, title, why, program, settings, bounded_here: false }
    }
}

/// A request that shows whether a service still does what its memory says nothing about.
/// A repair that leaves it out would be measured as bounded.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// What a service does that leaves it out: "ignores the caller's budget".
    pub without: &'static str,
    /// Faults of the database meanwhile.
    pub faults: &'static [Fault],
    /// The request.
    pub request: fn() -> Request,
    /// Another one, sent when the first response has begun.
    pub then: Option<fn() -> Request>,
    /// What the first response contains; `None` for an error status.
    pub shows: Option<&'static str>,
}

/// A run that is watched until the memory limit kills `leaky`, which takes about a minute
/// where the leak is large.
#[derive(Debug, Clone, Copy)]
pub struct LiveRun {
    /// Requests that start in a second.
    pub per_second: u64,
    /// Memory that `leaky` may take beyond that at rest, in MiB.
    pub growth_mib: u64,
}

/// A job of the service, how it is measured, and what is expected.
///
/// Memory that one request leaves behind is in bytes; times are in milliseconds where
/// a name ends in `_ms`.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// Name of its file in each twin, of its chapter and of its profiles.
    pub id: &'static str,
    /// Lesson or control.
    pub kind: Kind,
    /// The job in a few words.
    pub title: &'static str,
    /// Method and path.
    pub route: &'static str,
    /// What the memory grows with, or is believed to grow with.
    pub grows_with: &'static str,
    /// How growth shows.
    pub growth: Growth,
    /// Requests in a round, unless the command line says otherwise. A round of the
    /// slower twin then takes a fraction of a second.
    pub requests: u64,
    /// Requests of the warm-up, if it needs more than a round has.
    pub warm_up: u64,
    /// Requests in a round of a quick run, where a quarter of `requests` is too few.
    pub quick_requests: Option<u64>,
    /// Requests in the first dhat window; the second has twice as many. dhat slows an
    /// allocation tenfold.
    pub window_requests: u64,
    /// Requests in flight. One unless the lesson needs more: with two, chance decides
    /// when the service opens another connection to its database.
    pub concurrency: usize,
    /// Command-line settings of the service.
    pub settings: &'static [&'static str],
    /// Whether the fix refuses work under overload: 503 with `Retry-After` is then an
    /// expected response.
    pub may_refuse: bool,
    /// Whether the database is silent or slower than the deadline: errors are then
    /// expected, and the responses of the twins are not compared.
    pub outage: bool,
    /// Faults between the service and its database.
    pub faults: &'static [Fault],
    /// Fixes that do not stop the growth.
    pub failed_fixes: &'static [FailedFix],
    /// Metrics beside the heap that rise in `leaky` and stay in `fixed`.
    pub metrics: &'static [Metric],
    /// Parts of frames (`actix_http::h1`, `model/src/ids.rs`) through which the leak
    /// allocates where no frame is in the lesson's file. The chapter explains them.
    pub expected_sites: &'static [&'static str],
    /// Parts of frames, or names of metrics that rise, by which a leak of this kind shows
    /// in any service. All of them must be there.
    pub known_by: &'static [&'static str],
    /// How the clients take their responses.
    pub client: ClientBehavior,
    /// The request with this number.
    pub request: fn(&Plan, u64) -> Request,
    /// Items that are in the table before the first round.
    pub data: fn(&Plan) -> Items,
    /// From the seed and the number of a request to the item that it asks for, if it
    /// asks for one of its own.
    pub round_item: fn(u64, u64) -> Option<Item>,
    /// What must differ between any two requests, if anything.
    pub distinct: Option<fn(&Request) -> &str>,
    /// How it is watched.
    pub live: LiveRun,
    /// What every repair must keep doing.
    pub proof: Option<Proof>,
    /// Requests that are sent side by side to see what a repair does under load.
    pub load: u64,
    /// Whether requests for the same thing at the same time share one call.
    pub shares_calls: bool,
    /// A repair that is bounded must be bounded here too.
    pub harder: Option<Harder>,
}

impl Lesson {
    /// The number that begins its id: `l09`.
    pub fn number(&self) -> &'static str {
        self.id.split('_').next().unwrap_or_default()
    }

    /// The verdict that is expected of the leaking service.
    pub fn expected_leak(&self) -> Verdict {
        match (self.kind, self.growth) {
            (Kind::Control, _) => Verdict::Flat,
            (Kind::Lesson, Growth::Slope { .. }) => Verdict::Leaks,
            (Kind::Lesson, Growth::Peak { .. }) => Verdict::Grows,
            (Kind::Lesson, Growth::Burst { .. }) => Verdict::Bounded,
        }
    }

    /// The verdict that is expected of the fixed service.
    pub fn expected_fixed(&self) -> Verdict {
        match self.kind {
            Kind::Control => Verdict::Flat,
            Kind::Lesson => Verdict::Bounded,
        }
    }
}

/// The same job under harder conditions.
#[derive(Debug, Clone, Copy)]
pub struct Harder {
    /// The job, with other clients or faults.
    pub lesson: &'static Lesson,
    /// What is said of a repair that grows here only, as a sentence.
    pub grows: &'static str,
}

/// What most lessons have in common.
pub(crate) const JOB: Lesson = Lesson {
    id: "",
    kind: Kind::Lesson,
    title: "",
    route: "",
    grows_with: "requests",
    growth: Growth::Slope { min_leak_bytes: 0.0 },
    requests: 160,
    warm_up: 0,
    quick_requests: None,
    window_requests: 60,
    concurrency: 1,
    settings: &[],
    may_refuse: false,
    outage: false,
    faults: &[],
    failed_fixes: &[],
    metrics: &[],
    expected_sites: &[],
    known_by: &[],
    client: ClientBehavior::Reads,
    request: |_, _| unreachable!("every lesson has requests; a test holds that"),
    data: shop_orders,
    round_item: |_, _| None,
    distinct: None,
    live: LiveRun { per_second: 20, growth_mib: 122 },
    proof: None,
    load: 16,
    shares_calls: false,
    harder: None,
};
