//! Whether the growth of a request goes on, from stages of rounds that are alike.

#[cfg(test)]
mod tests;

use super::growth;
use crate::samples::Samples;
use crate::scenario::Scenario;
use crate::statistics::{Line, median_of};
use serde::{Deserialize, Serialize};

/// Stages of a request that grows. After the third one has sent 14,000 requests, a cache
/// of 10,000 entries is full; after 26,000 of a fast service, one of 20,000.
pub const STAGES_MAX: usize = 3;

/// A stage with fewer times the requests of the one before it does not show whether steady
/// growth goes on, or a table.
pub(crate) const LONGER_MIN: f64 = 1.5;

/// Requests since the growth for each until then after which a table, too, would have grown
/// again: with those of the warm-up, an eighth of the first stage, they have doubled.
const DOUBLED: f64 = 1.2;

/// A leak goes on at the same rate. What fills up slows down, and has grown by less than
/// this share of the rate before over a stage that is twice as long.
const GOES_ON: f64 = 0.6;

/// What each round leaves, whatever its requests, has half the rate per request in a stage
/// that is twice as long. A rate that falls to no less than this share of the one before
/// is that of the requests.
const STEADY: f64 = 0.9;

/// A round in which less than this share of the stage's growth happened did not grow.
/// Of eight rounds that grow alike, each has 0.125.
const ROUND_GREW: f64 = 0.05;

/// A vector or table of entries grows in one or two rounds of a stage: when it doubles.
const DOUBLINGS_MAX: usize = 2;

/// A table that each request adds to at least once in a stage grows by more than in the
/// stage before: where it doubles twice in the stage before (by 1 and 2) it doubles once in
/// the last one (by 4), which is 1.33 times as much. A buffer or a pool has steps of one
/// size.
const TABLE_GROWS: f64 = 1.2;

/// Growth in a few rounds that exceeds this many steps is added to the slope: one or two
/// connections that open are not.
const STEPS_TOLD: f64 = 4.0;

/// The smallest leak that the longest stage can show, in bytes per request. What surely
/// rises by less needs no longer stage.
const SMALLEST: f64 = 4.0;

/// A cache that is emptied when it is full gives back more than this share of the range
/// in which its memory moved. A leak gives back nothing.
pub(crate) const GIVEN_BACK: f64 = 0.5;

const NOISE: &str = "noise hides leaks below LIMIT; send more with --count";
const NO_ROOM: &str = "it grew in a few rounds only, and there was no room for more \
                       requests: the service is slow, or close to one of its limits";

/// What a request does to the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Trend {
    /// Grows with the requests, and goes on.
    Leaks,
    /// Does not grow.
    Flat,
    /// Grew, and then stopped, or gave the memory back.
    Plateau,
    /// Its peak grows with a size or a load.
    #[serde(rename = "GROWS WITH")]
    GrowsWith,
    /// No verdict; the reason stands beside it.
    Inconclusive,
}

impl Trend {
    /// Whether memory does not grow, or no more.
    pub fn is_still(self) -> bool {
        matches!(self, Self::Flat | Self::Plateau)
    }
}

/// A trend and, for [`Trend::Inconclusive`], why there is no other.
pub type Reasoned = (Trend, Option<String>);

/// A number of rounds alike.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Live bytes before the first round and after each.
    pub live: Vec<f64>,
    /// Requests in each round.
    requests: f64,
    /// The line through the readings after the rounds, in bytes per request.
    pub line: Line,
    /// The smallest slope that these rounds could show.
    pub limit: f64,
    /// The largest slope that may stay unseen.
    limit_max: f64,
    /// More than one step of a service that doesn't leak, in bytes; infinite where the
    /// memory is not read exactly.
    step: f64,
}

impl Stage {
    /// The rounds of these samples; `before` are the live bytes before the first.
    pub fn of(before: u64, samples: &Samples, scenario: &Scenario) -> Self {
        let found = growth::of(samples, scenario);
        let after = samples.readings.iter().map(|reading| reading.live_bytes);
        let live = [before].into_iter().chain(after).map(|bytes| bytes as f64);
        let exact = scenario.windows;
        Self {
            live: live.collect(),
            requests: scenario.requests as f64,
            line: found.line,
            limit: found.detection_limit + freed(&found.line),
            limit_max: growth::limit_max(scenario),
            step: if exact { growth::jitter_bytes(scenario) } else { f64::INFINITY },
        }
    }

    /// Takes off what each round left because it opened connections.
    pub(crate) fn without(&mut self, bytes: f64) {
        for (round, live) in (0..).zip(&mut self.live) {
            *live -= bytes * f64::from(round);
        }
        let each = bytes / self.requests;
        self.line.slope -= each;
        self.line.interval = self.line.interval.map(|bound| bound - each);
    }

    /// Bytes by which the stage has grown.
    pub fn growth(&self) -> f64 {
        match self.live[..] {
            [first, .., last] => last - first,
            _ => 0.0,
        }
    }

    /// The line, or a steeper one if tables doubled in a few of the rounds: those the line
    /// leaves out as steps.
    pub fn line_with_tables(&self) -> Line {
        let (all, line) = (self.growth_each(), self.line);
        let [low, high] = line.interval;
        match (all - line.slope) * self.sent() > STEPS_TOLD * self.step {
            true => Line { slope: all, interval: [low, high.max(all)], ..line },
            false => line,
        }
    }

    pub(crate) fn grows(&self) -> bool {
        self.line.slope > self.limit || self.growth() > self.step
    }

    /// Whether noise may hide a leak.
    fn is_hidden(&self) -> bool {
        self.limit > self.limit_max
    }

    /// Whether memory of earlier requests was freed meanwhile.
    pub(crate) fn drains(&self) -> bool {
        -self.line.slope > self.limit / 2.0
    }

    /// It rose by less than it could show for sure, or after it had given back what the
    /// stage before it used.
    fn may_grow(&self) -> bool {
        let low = self.live.iter().copied().fold(f64::MAX, f64::min);
        let last = self.live.last().copied().unwrap_or(low);
        let [least, most] = self.line.interval;
        let rises = least > 0.0 && most > SMALLEST || last - low > self.step;
        self.step.is_finite() && rises
    }

    /// Bytes by which it has grown per request.
    fn growth_each(&self) -> f64 {
        self.growth() / self.sent()
    }

    /// Requests in all rounds.
    fn sent(&self) -> f64 {
        self.requests * (self.live.len() - 1) as f64
    }

    fn gives_back(&self) -> bool {
        let (mut least, mut most, mut given) = (f64::MAX, f64::MIN, 0.0_f64);
        for &live in &self.live {
            (least, most) = (least.min(live), most.max(live));
            given = given.max(most - live);
        }
        given > GIVEN_BACK * (most - least)
    }

    /// Bytes per request of the middle one of the rounds: without the rounds in which a
    /// table doubled.
    fn usual(&self) -> f64 {
        let rounds: Vec<_> = self.rounds().collect();
        median_of(&rounds).unwrap_or(0.0) / self.requests
    }

    /// Whether only a vector or a table may have grown.
    fn only_doubles(&self) -> bool {
        self.rounds_grew() <= DOUBLINGS_MAX
    }

    /// Whether it grew, and in half of the rounds at most.
    pub(crate) fn grows_in_steps(&self) -> bool {
        self.grows() && self.rounds_grew() <= self.live.len() / 2
    }

    fn rounds_grew(&self) -> usize {
        self.rounds().filter(|grew| self.is_growth(*grew)).count()
    }

    /// Whether a round that left these bytes grew.
    fn is_growth(&self, bytes: f64) -> bool {
        bytes > ROUND_GREW * self.growth()
    }

    /// Bytes that each round left.
    fn rounds(&self) -> impl Iterator<Item = f64> {
        self.live.windows(2).map(|pair| pair[1] - pair[0])
    }
}

/// Bytes per request that are freed of what earlier requests left. They hide as much
/// growth.
fn freed(line: &Line) -> f64 {
    if line.interval[1] < 0.0 { -line.slope } else { 0.0 }
}

/// Whether rounds may have grown by the same, however many requests they had: then it is
/// something else that each round does which leaks.
pub(crate) fn may_follow_rounds(stages: &[Stage]) -> bool {
    match stages {
        [.., then, now] => {
            // Where a table doubled, the other rounds tell.
            let alike = !now.only_doubles() || now.usual() > 0.0;
            now.line.slope < STEADY * then.line.slope && alike
        }
        _ => true,
    }
}

/// The trend of the stages so far; `None` if a longer one can tell and `may_go_on`.
pub fn trend(stages: &[Stage], may_go_on: bool) -> Option<Reasoned> {
    let (last, before) = stages.split_last()?;
    let may_go_on = may_go_on && stages.len() < STAGES_MAX;
    match last.grows() {
        false => trend_at_rest(stages, last, may_go_on),
        true if may_go_on => None,
        true => Some(trend_of_growth(last, before.last())),
    }
}

/// The same where the last stage did not grow.
fn trend_at_rest(
    stages: &[Stage],
    last: &Stage,
    may_go_on: bool,
) -> Option<Reasoned> {
    let grown = stages.iter().rposition(Stage::grows);
    let grew = grown.is_some();
    let may_double = grown.is_some_and(|n| {
        let sent = |stages: &[Stage]| stages.iter().map(Stage::sent).sum::<f64>();
        let (until, since) = stages.split_at(n + 1);
        sent(since) < DOUBLED * sent(until)
    });
    if may_go_on && (last.is_hidden() || may_double || last.may_grow()) {
        return None;
    }
    Some(match grew {
        true if last.gives_back() => (Trend::Plateau, None),
        _ if last.is_hidden() && last.drains() => unclear(
            "memory that was held before is freed meanwhile, which hides leaks below \
             LIMIT; measure it alone with --only",
        ),
        _ if last.is_hidden() => unclear(NOISE),
        true if may_double => unclear(NO_ROOM),
        true => (Trend::Plateau, None),
        false => (Trend::Flat, None),
    })
}

/// The same where the last stage grew, and no longer one can follow.
fn trend_of_growth(last: &Stage, before: Option<&Stage>) -> Reasoned {
    let rounds: Vec<_> = last.rounds().map(|round| last.is_growth(round)).collect();
    let full = matches!(rounds[..], [.., false, false]) && !last.only_doubles();
    if last.gives_back() || full {
        return (Trend::Plateau, None);
    }
    let is_longer = |before: &&Stage| last.sent() >= LONGER_MIN * before.sent();
    let before = before.filter(|b| !last.only_doubles() || is_longer(b));
    let Some(before) = before else {
        return match last.grows_in_steps() {
            true => unclear(NO_ROOM),
            false => (Trend::Leaks, None),
        };
    };
    if last.only_doubles() {
        let table = before.grows() && last.growth() > TABLE_GROWS * before.growth();
        return (if table { Trend::Leaks } else { Trend::Plateau }, None);
    }
    let goes_on = |now: f64, then: f64| now >= GOES_ON * then;
    if last.line.slope <= last.limit {
        // Steps at other moments, such as a pool of each worker that fills.
        return match goes_on(last.growth_each(), before.growth_each()) {
            _ if last.is_hidden() => unclear(NOISE),
            true => unclear(
                "it grew in steps, at no steady rate; send more with --count",
            ),
            false => (Trend::Plateau, None),
        };
    }
    // A table that doubles beside its entries bends the lines, and noise the rounds.
    let [now, then] = [last.line.slope, before.line.slope];
    match goes_on(now, then) || goes_on(last.usual(), before.usual()) {
        true => (Trend::Leaks, None),
        false => unclear(format!(
            "it grew by {then:.0} B per request, then by {now:.0} B, as a cache does \
             that still fills; send more with --count, or see --idle if its entries \
             expire"
        )),
    }
}

fn unclear(why: impl Into<String>) -> Reasoned {
    (Trend::Inconclusive, Some(why.into()))
}
