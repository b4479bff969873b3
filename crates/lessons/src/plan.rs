//! From seed, round and number to a request: always the same one.

use crate::data::Items;
use crate::lesson::Lesson;
use std::ops::Range;
use std::sync::Arc;
use workload::{Request, Requests};

/// The requests of one lesson in one run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The lesson.
    pub lesson: &'static Lesson,
    /// Seed of the data and of everything that is drawn at random.
    pub seed: u64,
    /// Requests in each round.
    pub requests: u64,
    /// Requests in round 0, the warm-up.
    pub warm_up: u64,
    /// Items of the tenant whose data is read as a whole, for lessons that do so.
    pub size: u64,
}

impl Plan {
    /// A plan whose warm-up fills bounded caches, however few requests a round has.
    pub fn new(lesson: &'static Lesson, seed: u64, requests: u64) -> Self {
        let warm_up = requests.max(lesson.requests).max(lesson.warm_up);
        Self { lesson, seed, requests, warm_up, size: 0 }
    }

    /// The same plan for another size of input.
    #[must_use]
    pub fn sized(self, size: u64) -> Self {
        Self { size, ..self }
    }

    /// The `n`th request of a round.
    pub fn request(&self, round: u64, n: u64) -> Request {
        (self.lesson.request)(self, self.first_number(round) + n)
    }

    /// All requests of a round.
    pub fn round(self, round: u64) -> Requests {
        Arc::new(move |n| self.request(round, n))
    }

    /// Items that are in the table before the first round.
    pub fn data(&self) -> Items {
        (self.lesson.data)(self)
    }

    /// Items that the requests of these rounds ask for.
    pub fn round_data(&self, rounds: Range<u64>) -> Items {
        let numbers = self.first_number(rounds.start)..self.first_number(rounds.end);
        let (item, seed) = (self.lesson.round_item, self.seed);
        Box::new(numbers.filter_map(move |n| item(seed, n)))
    }

    /// Requests are numbered through all rounds, so that keys differ between rounds.
    fn first_number(&self, round: u64) -> u64 {
        round
            .checked_sub(1)
            .map_or(0, |earlier| self.warm_up + earlier * self.requests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LESSONS;
    use std::collections::HashSet;

    fn plan(lesson: &'static Lesson, seed: u64) -> Plan {
        Plan { warm_up: 60, ..Plan::new(lesson, seed, 50).sized(500) }
    }

    #[test]
    fn every_lesson_has_requests_that_repeat() {
        for lesson in LESSONS {
            let requests = |seed| -> Vec<_> {
                (0..50).map(|n| plan(lesson, seed).request(3, n)).collect()
            };
            assert_eq!(requests(7), requests(7), "{}", lesson.id);
        }
    }

    #[test]
    fn what_must_be_distinct_differs_within_and_between_rounds() {
        for lesson in LESSONS {
            let Some(key) = lesson.distinct else { continue };
            let rounds = (0..3).flat_map(|round| (0..50).map(move |n| (round, n)));
            let requests: Vec<_> =
                rounds.map(|(round, n)| plan(lesson, 7).request(round, n)).collect();
            let keys: HashSet<_> = requests.iter().map(key).collect();
            assert_eq!(keys.len(), requests.len(), "{}", lesson.id);
        }
    }

    #[test]
    fn the_data_of_a_round_belongs_to_its_requests() {
        for lesson in LESSONS {
            let plan = plan(lesson, 7);
            let of = |rounds| plan.round_data(rounds).count();
            assert_eq!(of(0..3), of(0..1) + of(1..3), "{}", lesson.id);
        }
    }
}
