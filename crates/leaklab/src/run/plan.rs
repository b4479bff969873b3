//! How a lesson is measured: the lesson's numbers, unless the command line gives others.

use crate::failure::Failure;
use clap::value_parser;
use lessons::{Lesson, Plan};
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
            metrics: lesson.metrics,
            expected_sites: lesson.expected_sites,
            in_app: profile::LESSONS,
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

    /// Checks that `--sizes` has enough sizes for an exponent.
    ///
    /// # Errors
    /// It has fewer than three different ones.
    pub fn check_sizes(&self) -> Result<(), Failure> {
        let Some(sizes) = &self.sizes else { return Ok(()) };
        let different: BTreeSet<_> = sizes.iter().collect();
        if different.len() < SIZES_MIN {
            return Err(Failure::Usage(format!(
                "--sizes needs {SIZES_MIN} different sizes or more, and has {}: for \
                 example --sizes 1000,7000,50000",
                different.len()
            )));
        }
        Ok(())
    }

    fn sizes(&self, lesson: &Lesson) -> Vec<u64> {
        let Growth::Peak { sizes, of } = lesson.growth else { return Vec::new() };
        match &self.sizes {
            // A call has a fixed number of attempts, so these sizes are not the user's.
            Some(own) if of != Scale::Attempts => {
                let mut own = own.clone();
                own.sort_unstable();
                own.dedup();
                own
            }
            _ => sizes.to_vec(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_three_different_sizes_are_refused() {
        let check = |sizes: &[u64]| {
            Numbers { sizes: Some(sizes.to_vec()), ..Numbers::default() }
                .check_sizes()
        };
        assert!(check(&[5, 5, 10]).is_err());
        assert!(check(&[5, 10, 20]).is_ok());
        assert!(Numbers::default().check_sizes().is_ok());
    }
}
