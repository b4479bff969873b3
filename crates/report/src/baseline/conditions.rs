//! What two comparisons must share for their sites to be compared.

use crate::comparison::{Comparison, Environment, TwinResult};
use std::collections::BTreeMap;

/// The engine that a run starts itself, as `comparison.json` names it.
const EMBEDDED: &str = "embedded";

/// Under which conditions a run measures, known before it does.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Programs and machine.
    pub environment: Environment,
    /// The load of each lesson, by id.
    pub loads: BTreeMap<String, Load>,
}

/// The load of a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Rounds with a reading.
    pub rounds: u64,
    /// Requests in each.
    pub requests: u64,
    /// Sizes of the peaks; empty where no peak is measured.
    pub sizes: Vec<u64>,
}

impl Load {
    fn of(twin: &TwinResult) -> Self {
        Self {
            rounds: twin.live_bytes.len() as u64,
            requests: twin.requests_per_round,
            sizes: twin.peaks.iter().map(|peak| peak.size).collect(),
        }
    }

    fn shown(&self) -> String {
        let sizes = match self.sizes.is_empty() {
            true => String::new(),
            false => format!(" and peaks of the sizes {:?}", self.sizes),
        };
        format!("{} rounds of {} requests{sizes}", self.rounds, self.requests)
    }
}

impl Conditions {
    /// Those of a run that is over.
    pub fn of(comparison: &Comparison) -> Self {
        let loads = comparison.lessons.iter().filter_map(|lesson| {
            let (_, first) = lesson.services().next()?;
            Some((lesson.id.clone(), Load::of(first)))
        });
        let environment = comparison.environment.clone();
        Self { environment, loads: loads.collect() }
    }

    /// Why sites of the two cannot be compared, and what to do; `None` if they can. Each
    /// of these differences would make sites new that are not, or hide some that are.
    pub fn refusal(&self, older: &Self) -> Option<String> {
        let (now, then) = (&self.environment, &older.environment);
        let engine = |environment: &Environment| match environment.engine.as_str() {
            EMBEDDED => "the embedded engine",
            _ => "a database of your own",
        };
        if engine(now) != engine(then) {
            return Some(format!(
                "it was measured on {}, and this run is on {}, where responses, \
                 connections and retries allocate differently; use a baseline from \
                 the same engine",
                engine(then),
                engine(now)
            ));
        }
        if now.quick != then.quick {
            let (how, cure) = match then.quick {
                true => ("with --quick, and this run is without", "add --quick"),
                false => ("without --quick, and this run is with", "leave it out"),
            };
            return Some(format!(
                "it was measured {how}; --quick does not see smaller leaks, which \
                 would look new or fixed; {cure}"
            ));
        }
        self.loads.iter().find_map(|(lesson, now)| {
            let then = older.loads.get(lesson).filter(|then| *then != now)?;
            Some(format!(
                "its {lesson} has {}, and this run has {}; longer runs see smaller \
                 leaks and fill caches further; measure with the same --rounds, \
                 --requests and --sizes, or make a new baseline",
                then.shown(),
                now.shown()
            ))
        })
    }

    /// What differs and may matter, a sentence each.
    pub fn notes(&self, older: &Self) -> Vec<String> {
        let (now, then) = (&self.environment, &older.environment);
        let pairs = [
            ("leaklab", &then.leaklab, &now.leaklab),
            ("compiler", &then.rustc, &now.rustc),
            ("build profile", &then.profile, &now.profile),
            ("AWS SDK", &then.aws_sdk_dynamodb, &now.aws_sdk_dynamodb),
            ("database", &then.engine, &now.engine),
            ("system", &then.system, &now.system),
        ];
        let differing = pairs.into_iter().filter(|(_, then, now)| then != now);
        let sentence = |(what, then, now)| {
            format!(
                "The {what} was {then} in the baseline and is {now} now; that alone \
                 may change sites."
            )
        };
        differing.map(sentence).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::comparison;

    /// Why the conditions are refused after this change of the older ones.
    fn refusal(change: impl Fn(&mut Conditions)) -> String {
        let now = Conditions::of(&comparison());
        let mut older = now.clone();
        change(&mut older);
        now.refusal(&older).unwrap_or_default()
    }

    #[test]
    fn the_same_conditions_are_compared_and_others_are_refused_with_a_cure() {
        assert_eq!(refusal(|_| ()), "");
        let url = |c: &mut Conditions| c.environment.engine = "http://a".to_owned();
        assert!(refusal(url).contains("from the same engine"));
        assert!(refusal(|c| c.environment.quick = true).contains("add --quick"));
        for change in [
            |load: &mut Load| load.requests += 1,
            |load: &mut Load| load.rounds = 5,
            |load: &mut Load| load.sizes = vec![1],
        ] {
            let said = refusal(|c| c.loads.values_mut().for_each(change));
            assert!(said.contains("its c0"), "{said}");
            assert!(said.contains("--requests"), "{said}");
        }
        // Lessons of one side do not make the conditions differ.
        assert_eq!(refusal(|c| c.loads.clear()), "");
    }

    #[test]
    fn another_compiler_is_noted_and_more_cores_are_not() {
        let now = Conditions::of(&comparison());
        assert_eq!(now.notes(&now), Vec::<String>::new());
        let mut older = now.clone();
        older.environment.rustc = "1.94".to_owned();
        older.environment.cores = 64;
        let notes = now.notes(&older);
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains("compiler was 1.94"), "{notes:?}");
    }
}
