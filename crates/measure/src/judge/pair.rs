//! Two services under the same load: do they respond alike, what does the second one
//! cost, and which of them keeps resident memory after a burst.

use super::Judgement;
use crate::samples::Samples;
use crate::scenario::{Growth, Scenario};
use std::collections::BTreeMap;
use workload::Digest;
use workload::round::PARTS;

/// Fewer calls than one in two requests are not part of a request: they are batches
/// of a write-behind queue, whose number varies.
const OWN_CALLS: f64 = 0.5;

/// After bursts the first service keeps at least this many times as much free memory as
/// the second one, or as this many bytes. Measured were 13 MB and nothing; less could be
/// an arena that the allocator happens to keep.
const RESIDENT_TIMES: u64 = 2;
const RESIDENT_MIN: u64 = 2_000_000;

/// Where responses differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// In this round, near this request, both by number.
    Round(u64, u64),
    /// The response to a request with an input of this size.
    Size(u64),
}

/// Whether the responses that both have are the same; `None` where no round was
/// undisturbed in both.
pub fn same_responses(
    first: &Samples,
    second: &Samples,
    scenario: &Scenario,
) -> Option<bool> {
    common(&first.responses, &second.responses).next()?;
    Some(first_difference(first, second, scenario).is_none())
}

/// Where responses differ first.
pub fn first_difference(
    first: &Samples,
    second: &Samples,
    scenario: &Scenario,
) -> Option<Difference> {
    let of_round = |(round, first, second): (u64, &[Digest], &[Digest])| {
        let part = first.iter().zip(second).position(|(one, other)| one != other);
        let request = (part.unwrap_or(0) as u64 * scenario.requests).div_ceil(PARTS);
        (first != second).then_some(Difference::Round(round, request))
    };
    let [sizes, others] = [first, second].map(|samples| &samples.responses_of_sizes);
    let of_size =
        || common(sizes, others).find(|(_, first, second)| first != second);
    common(&first.responses, &second.responses)
        .find_map(of_round)
        .or_else(|| of_size().map(|(size, ..)| Difference::Size(size)))
}

/// Rounds with the same number have the same requests, and so have sizes.
fn common<'a>(
    first: &'a BTreeMap<u64, Vec<Digest>>,
    second: &'a BTreeMap<u64, Vec<Digest>>,
) -> impl Iterator<Item = (u64, &'a [Digest], &'a [Digest])> {
    first.iter().filter_map(|(number, responses)| {
        Some((*number, &responses[..], &second.get(number)?[..]))
    })
}

/// Database calls per request of the second service over those of the first; `None`
/// where they are not counted or not part of a request.
pub fn database_calls_ratio(first: &Judgement, second: &Judgement) -> Option<f64> {
    let calls = |judgement: &Judgement| judgement.database_calls_per_request;
    match (calls(first), calls(second)) {
        (Some(first), Some(second)) if first >= OWN_CALLS => Some(second / first),
        _ => None,
    }
}

/// Median latency of the second service over that of the first, each in its best
/// round; `None` where clients gave up or were refused, because that is other work.
pub fn latency_ratio(first: &Samples, second: &Samples) -> Option<f64> {
    let other_work =
        |samples: &Samples| samples.stats.abandoned + samples.stats.refused;
    let median = |samples: &Samples| samples.best_median_us.max(1) as f64;
    (other_work(first) + other_work(second) == 0)
        .then(|| median(second) / median(first))
}

/// Says so when the first service does not keep more resident memory after bursts
/// than the second one. Only glibc is known to keep it, and to return it on request.
pub fn burst_mismatch(
    first: &Samples,
    second: &Samples,
    scenario: &Scenario,
) -> Option<String> {
    let glibc = cfg!(all(target_os = "linux", target_env = "gnu"));
    let burst = matches!(scenario.growth, Growth::Burst { .. });
    if !burst || !glibc || keeps_resident(first, second)? {
        return None;
    }
    let (first, second) = (resident_gain(first)?, resident_gain(second)?);
    let (first, second) = (first / 1_000_000, second / 1_000_000);
    Some(format!(
        "{first} MB of free memory stay resident after bursts, and {second} MB with \
         the fix: too little difference"
    ))
}

/// Whether the first service keeps clearly more free memory than the second one; `None`
/// where it was not read.
pub fn keeps_resident(first: &Samples, second: &Samples) -> Option<bool> {
    let second = resident_gain(second)?.max(RESIDENT_MIN);
    Some(resident_gain(first)? >= RESIDENT_TIMES * second)
}

/// Resident bytes after the last round above those before the first request, without the
/// live ones. A second attempt follows dhat windows, whose memory is resident too, so it
/// has none.
fn resident_gain(samples: &Samples) -> Option<u64> {
    let last = samples.readings.last()?;
    let before = samples.resident_before? + last.live_bytes;
    let gain = last.resident_bytes?.saturating_sub(before);
    (samples.attempt == 1).then_some(gain)
}
