//! How a lesson is measured: the lesson's numbers, unless the command line gives others.

use crate::failure::Failure;
use clap::value_parser;
use lessons::{LESSONS, Lesson, Plan};
use measure::judge::requests_needed;
use measure::{Growth, Scale, Scenario, Verdict};
use std::collections::BTreeSet;

/// Rounds with a reading. Six are the fewest whose Kendall interval excludes the
/// outermost slopes. With two more, a single odd round is never half of any sample.
const ROUNDS: u64 = 8;

/// Rounds of a quick run, whose interval is all pairwise slopes.
const QUICK_ROUNDS: u64 = 5;

/// A quick run has a quarter of the requests, or more where its verdicts need them.
const QUICK_DIVISOR: u64 = 4;

/// Fewer sizes give no robust line: with two, one disturbed peak decides.
const SIZES_MIN: usize = 3;

/// What the command line says about the measurement of all lessons.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Numbers {
    /// Seed for data and requests
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// Rounds with a reading, after the warm-up
    #[arg(long, value_parser = value_parser!(u64).range(4..=1_000))]
    pub rounds: Option<u64>,
    /// Requests in a round [default: depends on the lesson]
    #[arg(long, value_parser = value_parser!(u64).range(1..=10_000_000))]
    pub requests: Option<u64>,
    /// Sizes for lessons that measure a peak, three or more: 1000,7000,50000
    #[arg(long, value_delimiter = ',', value_parser = value_parser!(u64).range(1..=1_000_000))]
    pub sizes: Option<Vec<u64>>,
    /// Fewer rounds and requests; misses small leaks
    #[arg(long)]
    pub quick: bool,
}

impl Numbers {
    /// The requests of a lesson and how they are measured, with what is expected of
    /// `leaky`.
    pub fn of(&self, lesson: &'static Lesson) -> (Plan, Scenario) {
        let rounds = if self.quick { QUICK_ROUNDS } else { ROUNDS };
        let mut scenario = Scenario {
            growth: lesson.growth,
            sizes: self.sizes(lesson),
            expected: lesson.expected_leak(),
            rounds: self.rounds.unwrap_or(rounds),
            requests: lesson.requests,
            warm_up: 0,
            window_requests: lesson.window_requests,
            concurrency: lesson.concurrency,
            quick: self.quick,
            windows: true,
            jitter_bytes: None,
            metrics: lesson.metrics,
            expected_sites: lesson.expected_sites,
            in_app: Some(profile::LESSONS.to_owned()),
            may_refuse: lesson.may_refuse,
            may_fail: lesson.outage,
        };
        if self.quick {
            let quarter = lesson.requests / QUICK_DIVISOR;
            let fewer = lesson.quick_requests.unwrap_or(quarter);
            scenario.requests = fewer.max(needed(&scenario)).min(lesson.requests);
        }
        scenario.requests = self.requests.unwrap_or(scenario.requests);
        let plan = Plan::new(lesson, self.seed, scenario.requests);
        scenario.warm_up = plan.warm_up;
        (plan, scenario)
    }

    /// Checks that `--sizes` has enough sizes for an exponent, and that every lesson
    /// is measured at them.
    ///
    /// # Errors
    /// It has fewer than three different ones, or a lesson has none or its own.
    pub fn check_sizes(&self, lessons: &[&Lesson]) -> Result<(), Failure> {
        let Some(sizes) = &self.sizes else { return Ok(()) };
        let different = sizes.iter().collect::<BTreeSet<_>>().len();
        if different < SIZES_MIN {
            return Err(Failure::Usage(format!(
                "--sizes needs {SIZES_MIN} different sizes or more, and has \
                 {different}: for example --sizes 1000,7000,50000"
            )));
        }
        let unfit = |lesson: &Lesson| match lesson.growth {
            Growth::Peak { of: Scale::Attempts, .. } => {
                Some("has the sizes that the SDK allows, attempts of a call")
            }
            Growth::Peak { .. } => None,
            _ => Some("is judged by what stays after each request, at one size"),
        };
        match lessons.iter().find_map(|lesson| unfit(lesson).zip(Some(lesson.id))) {
            None => Ok(()),
            Some((why, id)) => {
                let fit = LESSONS.iter().filter(|lesson| unfit(lesson).is_none());
                let fit: Vec<_> = fit.map(|lesson| lesson.id).collect();
                let fit = fit.join(", ");
                Err(Failure::Usage(format!(
                    "--sizes does not fit {id}, which {why}; lessons that it fits: {fit}"
                )))
            }
        }
    }

    fn sizes(&self, lesson: &Lesson) -> Vec<u64> {
        match (lesson.growth, &self.sizes) {
            (Growth::Peak { .. }, Some(own)) => {
                BTreeSet::from_iter(own.iter().copied()).into_iter().collect()
            }
            (Growth::Peak { sizes, .. }, None) => sizes.to_vec(),
            _ => Vec::new(),
        }
    }
}

/// Requests that a round needs for both verdicts that a lesson expects.
fn needed(scenario: &Scenario) -> u64 {
    let fixed = match scenario.expected {
        Verdict::Flat => Verdict::Flat,
        _ => Verdict::Bounded,
    };
    requests_needed(&Scenario { expected: fixed, ..scenario.clone() })
}
