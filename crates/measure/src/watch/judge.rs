//! What grows with time while a service does its usual work.
//!
//! The time of each process is divided into 32 to 64 blocks, and only the lowest value of
//! each is judged: requests in flight, garbage and caches that expire move a service up
//! and back down, and what it can't give back is left at the bottom.

use super::file::{Ended, Line, Sample, Service, read};
use super::{ALLOCATED, LIVE, OPEN_FILES, RESIDENT, is_work};
use crate::Verdict;
use crate::outside::{CPU, GROUP_BYTES, TEMPORARY_BYTES, TEMPORARY_FILES};
use crate::statistics::{detection_limit, theil_sen};
use anyhow::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::mem::take;
use std::path::Path;

/// Twice as many are merged two by two.
const BLOCKS: usize = 32;
/// Fewer blocks can't be divided into quarters that say something.
const BLOCKS_MIN: usize = 16;
/// Growth is steady if each quarter of the time has this share of the mean growth. What
/// fills up once, or in two or three steps, leaves a quarter without.
const STEADY: f64 = 0.25;
/// A step of exact live bytes that is not growth: a block of a pool, as in a measurement
/// with requests.
const STEP_LIVE: f64 = 11_808.0;
/// The same of physical memory: malloc's steps in two arenas, as in `ProcessMemory`.
const STEP_BYTES: f64 = 264_000.0;
/// The same of anything that is counted: a pool that opens a few more connections.
const STEP_COUNT: f64 = 8.0;
/// FLAT says that nothing below this many hours doubles the memory. Slower growth needs a
/// longer watch.
const DOUBLES_HOURS: f64 = 24.0;
/// A service that does less than this share of its work per hour shows no leak.
const LESS_WORK: f64 = 0.5;
/// One that does more than this holds more, too.
const MORE_WORK: f64 = 1.5;
/// A service may warm up for ten minutes.
const WARM_UP_HOURS: f64 = 1.0 / 6.0;

/// How a number moves with time.
#[derive(Debug, Clone, Serialize)]
pub struct TimeGrowth {
    /// What it is.
    pub name: String,
    /// GROWS, FLAT or INCONCLUSIVE.
    pub verdict: Verdict,
    /// What to know about the verdict.
    pub reason: Option<&'static str>,
    /// By how much it grows.
    pub per_hour: f64,
    /// 95 % confidence interval of that.
    pub ci95: [f64; 2],
    /// The smallest growth that this watch could show.
    pub detection_limit_per_hour: f64,
    /// The last value.
    pub now: u64,
    /// The limit of the process that it meets.
    pub limit: Option<u64>,
    /// At this rate, when.
    pub hours_to_limit: Option<f64>,
}

/// What was seen of one process.
#[derive(Debug, Clone, Serialize)]
pub struct Stretch {
    /// Which.
    pub service: Service,
    /// Unix time of its first sample.
    pub from: f64,
    /// Hours from its first sample to the last.
    pub hours: f64,
    /// Samples that were kept.
    pub samples: u64,
    /// The memory.
    pub memory: Option<TimeGrowth>,
    /// What grows beside it.
    pub metrics: Vec<TimeGrowth>,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// The last sample.
    pub last: BTreeMap<String, u64>,
}

/// Judges a file, a stretch for each process.
///
/// # Errors
/// It can't be read, or is no file of a watch.
pub fn judge(path: &Path) -> Result<Vec<Stretch>> {
    let (mut stretches, mut now) = (Vec::new(), None::<Seen>);
    read(path, |line| match (line, &mut now) {
        (Line::Service(service), now) => {
            let before = now.replace(Seen::new(service));
            stretches.extend(before.map(Seen::judged));
        }
        (Line::Ended(ended), Some(now)) => now.ended = Some(ended),
        (Line::Sample(sample), Some(now)) => now.add(sample),
        _ => {}
    })?;
    stretches.extend(now.map(Seen::judged));
    Ok(stretches)
}

/// What is kept of a process while its lines are read.
struct Seen {
    service: Service,
    from: f64,
    to: f64,
    samples: u64,
    last: BTreeMap<String, u64>,
    /// Seconds of a block.
    width: f64,
    /// The lowest values of each; empty without a sample.
    blocks: Vec<BTreeMap<String, u64>>,
    ended: Option<Ended>,
}

impl Seen {
    fn new(service: Service) -> Self {
        Self {
            service,
            from: f64::INFINITY,
            to: f64::NEG_INFINITY,
            samples: 0,
            last: BTreeMap::new(),
            width: 0.001,
            blocks: Vec::new(),
            ended: None,
        }
    }

    fn add(&mut self, Sample { at, values }: Sample) {
        self.samples += 1;
        // A clock that is set back stands still.
        self.to = self.to.max(at);
        self.from = self.from.min(self.to);
        let block = |width: f64| ((self.to - self.from) / width) as usize;
        while block(self.width) >= 2 * BLOCKS {
            self.width *= 2.0;
            let pairs = self.blocks.chunks_mut(2).map(|pair| {
                let mut both = take(&mut pair[0]);
                pair[1..].iter().for_each(|more| lower(&mut both, more));
                both
            });
            self.blocks = pairs.collect();
        }
        let block = block(self.width);
        self.blocks.resize(self.blocks.len().max(block + 1), BTreeMap::new());
        lower(&mut self.blocks[block], &values);
        self.last = values;
    }

    /// Hours and lowest values.
    fn points(&self, name: &str) -> Vec<(f64, f64)> {
        let value = |(n, block): (usize, &BTreeMap<String, u64>)| {
            let hours = (n as f64 + 0.5) * self.width / 3_600.0;
            Some((hours, *block.get(name)? as f64))
        };
        self.blocks.iter().enumerate().filter_map(value).collect()
    }

    fn judged(self) -> Stretch {
        let last = &self.last;
        let work =
            self.points(if last.contains_key(ALLOCATED) { ALLOCATED } else { CPU });
        let memory = if last.contains_key(LIVE) { LIVE } else { RESIDENT };
        let of = |name: &str| {
            let points = self.points(name);
            let now = last.get(name).copied()?;
            let mut growth = growth(name, &points, now, &work)?;
            if growth.verdict == Verdict::Grows {
                growth.meet_limit(&self.service, last);
            }
            Some(growth)
        };
        let beside = last.keys().filter(|name| {
            // Others share the group; its limit is what counts.
            *name != memory && *name != GROUP_BYTES && !is_work(name)
        });
        let grows = |growth: &TimeGrowth| growth.verdict == Verdict::Grows;
        let mut metrics: Vec<_> =
            beside.filter_map(|name| of(name)).filter(grows).collect();
        // Without more files it is a log that is written there.
        if !metrics.iter().any(|metric| metric.name == TEMPORARY_FILES) {
            metrics.retain(|metric| metric.name != TEMPORARY_BYTES);
        }
        Stretch {
            memory: of(memory),
            metrics,
            hours: ((self.to - self.from) / 3_600.0).max(0.0),
            from: self.from,
            samples: self.samples,
            service: self.service,
            ended: self.ended,
            last: self.last,
        }
    }
}

/// Keeps the lowest values of both.
fn lower(all: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (name, value) in more {
        match all.get_mut(name) {
            Some(lowest) => *lowest = (*lowest).min(*value),
            None => drop(all.insert(name.clone(), *value)),
        }
    }
}

pub(super) fn growth(
    name: &str,
    points: &[(f64, f64)],
    now: u64,
    work: &[(f64, f64)],
) -> Option<TimeGrowth> {
    let independent = theil_sen(points)?;
    let line = independent.correlated(points);
    let step = match name {
        LIVE => STEP_LIVE,
        _ if name.ends_with(" bytes") => STEP_BYTES,
        _ => STEP_COUNT,
    };
    let limit = detection_limit(points, &line, step);
    let hides = |limit: f64| limit * DOUBLES_HOURS > now as f64;
    let (first, second) = points.split_at(points.len() / 2);
    let (verdict, reason) = if points.len() < BLOCKS_MIN {
        (Verdict::Inconclusive, Some("there are too few samples"))
    } else if line.slope > limit && is_steady(points) {
        (Verdict::Grows, caution(points, work))
    } else if line.slope > detection_limit(points, &independent, step) {
        let later = theil_sen(second)?;
        let later_limit = detection_limit(second, &later, step);
        let stopped = later.slope <= later_limit && !hides(later_limit);
        let [before, after] = [first, second].map(|half| rate(work, half));
        match before.zip(after) {
            Some((before, after)) if stopped && after >= LESS_WORK * before => {
                (Verdict::Flat, Some("it grew at first, and then stopped"))
            }
            Some((before, after)) if stopped && after < LESS_WORK * before => {
                let why = "it grew until the service had less to do";
                (Verdict::Inconclusive, Some(why))
            }
            _ => {
                let why = "it grew in steps, or while the load did; watch longer";
                (Verdict::Inconclusive, Some(why))
            }
        }
    } else if hides(limit) {
        let why =
            "noise hides growth that doubles the memory in a day; watch longer";
        (Verdict::Inconclusive, Some(why))
    } else {
        (Verdict::Flat, None)
    };
    Some(TimeGrowth {
        name: name.to_owned(),
        verdict,
        reason,
        per_hour: line.slope,
        ci95: line.interval,
        detection_limit_per_hour: limit,
        now,
        limit: None,
        hours_to_limit: None,
    })
}

/// Whether it grows in each quarter of the time.
fn is_steady(points: &[(f64, f64)]) -> bool {
    let quarters = points.chunks(points.len().div_ceil(4));
    // A value of the quarter, so that two steps are not taken for three.
    let middle = |quarter: &[(f64, f64)]| {
        let mut values: Vec<f64> = quarter.iter().map(|point| point.1).collect();
        values.sort_by(f64::total_cmp);
        values[(values.len() - 1) / 2]
    };
    let middles: Vec<f64> = quarters.map(middle).collect();
    let least = STEADY * (middles[middles.len() - 1] - middles[0])
        / (middles.len() - 1) as f64;
    middles.windows(2).all(|two| two[1] - two[0] >= least && least > 0.0)
}

/// What makes growth less certain.
fn caution(points: &[(f64, f64)], work: &[(f64, f64)]) -> Option<&'static str> {
    let (first, second) = points.split_at(points.len() / 2);
    let [before, after] = [first, second].map(|half| rate(work, half));
    let more = before.zip(after).is_some_and(|(b, a)| a > MORE_WORK * b && b > 0.0);
    let hours = points.last()?.0 - points.first()?.0;
    if more {
        return Some("the service had more and more to do; watch a whole day");
    }
    (hours < WARM_UP_HOURS)
        .then_some("this was short: a service that warms up does the same")
}

/// Work per hour during these points.
fn rate(work: &[(f64, f64)], during: &[(f64, f64)]) -> Option<f64> {
    let (from, to) = (during.first()?.0, during.last()?.0);
    let mut within = work.iter().filter(|point| (from..=to).contains(&point.0));
    let first = within.next()?;
    let last = within.next_back()?;
    Some((last.1 - first.1) / (last.0 - first.0))
}

impl TimeGrowth {
    fn meet_limit(&mut self, service: &Service, last: &BTreeMap<String, u64>) {
        let (limit, now) = match &*self.name {
            OPEN_FILES => (service.open_files_limit, Some(&self.now)),
            LIVE | RESIDENT => {
                let group = last.get(GROUP_BYTES).or_else(|| last.get(RESIDENT));
                (service.memory_limit_bytes, group)
            }
            _ => return,
        };
        if let Some((limit, now)) = limit.zip(now) {
            self.limit = Some(limit);
            let left = limit.saturating_sub(*now) as f64;
            self.hours_to_limit = Some(left / self.per_hour);
        }
    }
}
