//! From what was measured of a repair and of the twin to a verdict: one pure function.
//!
//! A service can stop growing because it stopped doing its job, so memory alone proves
//! no repair.

use crate::figures::{bytes, grouped, memory, percent, power};
use crate::probe::Probe;
use crate::work::{left_out, other_answer};
use measure::Verdict;
use serde::{Deserialize, Serialize};

/// A repair with less of the growth than this is better, and with more it still leaks.
const BETTER_SHARE: f64 = 0.5;

/// Growth in the same file that differs by less than this share is the same memory, kept
/// by a function that was renamed.
const RENAMED: f64 = 0.02;

/// A peak of more than this many times the twin's takes memory that the job doesn't need,
/// such as a buffer for the largest input. Right repairs were measured at up to 1.4 times.
const PEAK_TIMES: u64 = 4;

/// What a repair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    /// Nothing grows, and the job is done as in the twin.
    Repaired,
    /// It grows, by at most half as much.
    Better,
    /// It grows.
    #[serde(rename = "STILL LEAKS")]
    StillLeaks,
    /// It grows as much, at another place.
    Moved,
    /// It answers otherwise, or not at all.
    Broken,
    /// Nothing grows, and work is left out.
    Cheated,
}

impl Outcome {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repaired => "REPAIRED",
            Self::Better => "BETTER",
            Self::StillLeaks => "STILL LEAKS",
            Self::Moved => "MOVED",
            Self::Broken => "BROKEN",
            Self::Cheated => "CHEATED",
        }
    }
}

/// How much a service grows, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Bytes of live heap that each request adds.
    pub bytes_per_request: f64,
    /// The peak at the largest size, where peaks are measured.
    pub peak_bytes: Option<u64>,
    /// The `e` of peak ~ size^e.
    pub peak_exponent: Option<f64>,
    /// The line or the code that holds most of the growth.
    pub place: Option<String>,
    /// The same in every run, and after edits that move lines.
    pub fingerprint: Option<String>,
}

impl Figures {
    /// In words.
    pub fn phrase(&self) -> String {
        let grows = match (self.peak_exponent, self.peak_bytes) {
            (Some(exponent), Some(peak)) => {
                format!("peak {}, ~n^{}", memory(peak), power(exponent))
            }
            _ => format!("{} B per request", bytes(self.bytes_per_request)),
        };
        match &self.place {
            Some(place) => format!("{grows}, at {place}"),
            None => grows,
        }
    }

    /// What is compared with an earlier measurement.
    fn size(&self) -> f64 {
        self.peak_bytes.map_or(self.bytes_per_request, |peak| peak as f64)
    }
}

/// What is known of a service.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Whether memory grows.
    pub verdict: Verdict,
    /// By how much, and where.
    pub figures: Figures,
    /// What grows beside the heap, a clause each.
    pub metrics: Vec<String>,
    /// Requests that failed, as a clause.
    pub errors: Option<String>,
    /// `None` where the lesson is about a database that fails.
    pub probe: Option<Probe>,
}

/// A verdict and its reasons, as sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<String>,
}

/// Judges a repair. `differs` says which responses of the measurement differ from the
/// twin's.
pub fn judge(
    yours: &Seen,
    twin: &Seen,
    before: Option<&Figures>,
    differs: Option<String>,
) -> Judged {
    let probes = yours.probe.as_ref().zip(twin.probe.as_ref());
    let other = probes.and_then(|(yours, twin)| other_answer(yours, twin));
    let errors = yours.errors.as_ref().filter(|_| twin.errors.is_none());
    let broken: Vec<_> =
        other.or(differs).into_iter().chain(errors.cloned()).collect();
    if !broken.is_empty() {
        return Judged { outcome: Outcome::Broken, reasons: broken };
    }
    if grows(yours) {
        return growth(yours, before);
    }
    let cheats = probes.map_or_else(Vec::new, |(yours, twin)| left_out(yours, twin));
    if !cheats.is_empty() {
        return Judged { outcome: Outcome::Cheated, reasons: cheats };
    }
    match yours.figures.peak_bytes.zip(twin.figures.peak_bytes) {
        Some((peak, twins)) if peak > PEAK_TIMES * twins => {
            let (peak, twins) = (memory(peak), memory(twins));
            let why = format!(
                "The peak has a limit, but it is {peak}, and the twin's is {twins}."
            );
            Judged { outcome: Outcome::Better, reasons: vec![why] }
        }
        _ => Judged { outcome: Outcome::Repaired, reasons: Vec::new() },
    }
}

fn grows(seen: &Seen) -> bool {
    let verdict = seen.verdict;
    verdict.is_growth()
        || verdict == Verdict::Inconclusive
        || !seen.metrics.is_empty()
}

fn growth(yours: &Seen, before: Option<&Figures>) -> Judged {
    let now = &yours.figures;
    let mut reasons = yours.metrics.clone();
    let held = now
        .place
        .iter()
        .map(|place| format!("What still grows is held by {place}."));
    reasons.extend(held);
    // What has neither a line nor a peak did not grow in live memory.
    let grew = |of: &&Figures| of.place.is_some() || of.peak_bytes.is_some();
    let Some(before) = before.filter(grew).filter(|of| of.size() > 0.0) else {
        return Judged { outcome: Outcome::StillLeaks, reasons };
    };
    let left = (now.size() / before.size()).max(0.0);
    let both = now.place.is_some() && before.place.is_some();
    let file =
        |of: &Figures| Some(of.place.as_ref()?.rsplit_once(':')?.0.to_owned());
    let renamed = (left - 1.0).abs() < RENAMED && file(now) == file(before);
    let same = now.fingerprint == before.fingerprint
        || now.place == before.place
        || renamed;
    let outcome = match same || !both {
        _ if left <= BETTER_SHARE => {
            let sizes = match (before.peak_bytes, now.peak_bytes) {
                (Some(before), Some(now)) => {
                    format!("a peak of {} to {}", memory(before), memory(now))
                }
                _ => {
                    let [before, now] =
                        [before, now].map(|f| grouped(f.bytes_per_request));
                    format!("{before} to {now} B per request")
                }
            };
            let gone = percent(1.0 - left);
            reasons
                .insert(0, format!("From {sizes}: {gone} of the growth is gone."));
            Outcome::Better
        }
        true => Outcome::StillLeaks,
        false => {
            let place = before.place.as_deref().unwrap_or_default();
            reasons.push(format!("Before, it was held by {place}."));
            Outcome::Moved
        }
    };
    Judged { outcome, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Answer;

    fn figures(bytes_per_request: f64, place: Option<&str>) -> Figures {
        let place = place.map(str::to_owned);
        Figures {
            bytes_per_request,
            fingerprint: place.clone(),
            place,
            ..Figures::default()
        }
    }

    fn answer(text: &str) -> Answer {
        Answer { request: "GET /orders/1".to_owned(), text: text.to_owned() }
    }

    fn probe() -> Probe {
        Probe {
            answers: vec![answer("200 a"), answer("200 b")],
            calls: [2.0, 0.0],
            log_lines: 32,
            log_fields: ["order".to_owned(), "tenant".to_owned()].into(),
            proof: Some((true, "lets a call go on")),
            failed: 0,
            ended: true,
            items: 40,
            writes: true,
            shared_calls: 1,
            seconds: vec![("A request under load", 0.01)],
        }
    }

    fn seen(verdict: Verdict, figures: Figures, probe: Probe) -> Seen {
        Seen {
            verdict,
            figures,
            metrics: Vec::new(),
            errors: None,
            probe: Some(probe),
        }
    }

    fn bounded(probe: Probe) -> Seen {
        seen(Verdict::Bounded, figures(0.0, None), probe)
    }

    fn leaks(bytes: f64, place: &str) -> Seen {
        seen(Verdict::Leaks, figures(bytes, Some(place)), probe())
    }

    #[track_caller]
    fn is(yours: &Seen, expected: Outcome, word: &str) {
        let before = figures(683.0, Some("l12.rs:36"));
        let judged = judge(yours, &bounded(probe()), Some(&before), None);
        assert_eq!(judged.outcome, expected, "{judged:?}");
        assert!(judged.reasons.concat().contains(word), "{judged:?}");
    }

    #[test]
    fn growth_is_compared_with_that_before() {
        is(&leaks(683.0, "l12.rs:36"), Outcome::StillLeaks, "held by l12.rs:36");
        is(
            &leaks(46.0, "l12.rs:90"),
            Outcome::Better,
            "From 683 to 46 B per request: 93 %",
        );
        is(
            &leaks(600.0, "l12.rs:90"),
            Outcome::Moved,
            "Before, it was held by l12.rs:36",
        );
        is(&leaks(690.0, "l12.rs:90"), Outcome::StillLeaks, "held by l12.rs:90");
        is(&leaks(690.0, "l11.rs:90"), Outcome::Moved, "held by l11.rs:90");
        let peak = |peak, verdict| Seen {
            figures: Figures { peak_bytes: Some(peak), ..Figures::default() },
            ..seen(verdict, Figures::default(), probe())
        };
        let before = peak(100_000_000, Verdict::Grows).figures;
        let half = peak(30_000_000, Verdict::Inconclusive);
        let judged = judge(&half, &bounded(probe()), Some(&before), None);
        assert_eq!(judged.outcome, Outcome::Better);
        assert!(judged.reasons[0].contains("100 MB to 30 MB: 70 %"), "{judged:?}");
        let judged = judge(&half, &bounded(probe()), None, None);
        assert_eq!(judged.outcome, Outcome::StillLeaks);
    }

    #[test]
    fn what_grows_beside_the_heap_is_no_repair() {
        // The memory may be gone by then.
        let metrics = vec!["It has open files that do not stay.".to_owned()];
        let yours = Seen { metrics, ..bounded(probe()) };
        is(&yours, Outcome::Better, "open files");
        // Live memory did not grow before either: its slope was noise.
        let noise = figures(341.0, None);
        let judged = judge(&yours, &bounded(probe()), Some(&noise), None);
        assert_eq!(judged.outcome, Outcome::StillLeaks);
    }

    #[test]
    fn another_answer_is_broken_also_if_memory_is_flat() {
        let answers = vec![answer("200 a"), answer("200 constant")];
        let other = Probe { answers, ..probe() };
        let words =
            "Request 2 (GET /orders/1) is answered otherwise.\n  expected: 200 b\n";
        is(&bounded(other.clone()), Outcome::Broken, words);
        is(&Seen { probe: Some(other), ..leaks(9.0, "a") }, Outcome::Broken, "got:");
        let errors = Some("It answered 3 requests with errors.".to_owned());
        is(&Seen { errors, ..bounded(probe()) }, Outcome::Broken, "3 requests");
        let differs = Some("Round 2 differs.".to_owned());
        let judged = judge(&bounded(probe()), &bounded(probe()), None, differs);
        assert_eq!(judged.outcome, Outcome::Broken);
    }

    #[test]
    fn work_that_is_left_out_is_cheating() {
        let cheats = [
            (Probe { calls: [1.0, 0.0], ..probe() }, "1.0 database calls"),
            (Probe { calls: [4.0, 0.0], ..probe() }, "4.0 database calls"),
            (Probe { calls: [2.0, 2.0], ..probe() }, "nothing is remembered"),
            (Probe { log_lines: 0, ..probe() }, "logs 0 lines"),
            (
                Probe { log_fields: ["order".to_owned()].into(), ..probe() },
                "lacks fields that the twin's has: tenant",
            ),
            (
                Probe { proof: Some((false, "lets a call go on")), ..probe() },
                "go on",
            ),
            (Probe { ended: false, ..probe() }, "stop in order"),
            (Probe { items: 39, ..probe() }, "39 items"),
            (Probe { shared_calls: 16, ..probe() }, "no call is shared"),
            (
                Probe { seconds: vec![("A request under load", 0.1)], ..probe() },
                "takes 100 ms, and in the twin 10 ms",
            ),
        ];
        for (cheat, word) in cheats {
            is(&bounded(cheat), Outcome::Cheated, word);
        }
    }

    #[test]
    fn a_peak_that_is_always_large_is_no_repair() {
        let peak = |peak| {
            let figures = Figures { peak_bytes: Some(peak), ..Figures::default() };
            seen(Verdict::Bounded, figures, probe())
        };
        let judged = |bytes| judge(&peak(bytes), &peak(837_000), None, None);
        assert_eq!(judged(9_200_000).outcome, Outcome::Better);
        assert!(judged(9_200_000).reasons[0].contains("it is 9.2 MB"));
        assert_eq!(judged(1_100_000).outcome, Outcome::Repaired);
    }

    #[test]
    fn a_repair_may_do_a_little_more_or_refuse_more() {
        is(&bounded(probe()), Outcome::Repaired, "");
        let more = Probe { calls: [2.4, 0.1], log_lines: 40, items: 41, ..probe() };
        is(&bounded(more), Outcome::Repaired, "");
        let refuses = Probe { failed: 4, items: 36, ..probe() };
        is(&bounded(refuses.clone()), Outcome::Repaired, "");
        let twin = bounded(refuses);
        let judged = |items| {
            let seconds = vec![("A request under load", 0.04)];
            let yours = bounded(Probe { items, seconds, ..probe() });
            judge(&yours, &twin, None, None).outcome
        };
        // What it accepts beyond the twin is written.
        assert_eq!(judged(40), Outcome::Repaired);
        assert_eq!(judged(36), Outcome::Cheated);
    }
}
