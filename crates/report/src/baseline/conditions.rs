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
    /// What each lesson is given to do, by id.
    pub loads: BTreeMap<String, Load>,
}

/// What a lesson is given to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Rounds with a reading.
    pub rounds: u64,
    /// Requests in each.
    pub requests: u64,
    /// Sizes of the peaks, where the law is a peak.
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
}

impl Conditions {
    /// Those of a run that is over.
    pub fn of(comparison: &Comparison) -> Self {
        let loads = comparison.lessons.iter().filter_map(|lesson| {
            let first =
                lesson.twins.values().chain(lesson.failed_fixes.values()).next();
            Some((lesson.id.clone(), Load::of(first?)))
        });
        let environment = comparison.environment.clone();
        Self { environment, loads: loads.collect() }
    }

    /// Why sites of the two cannot be compared, and what to do; none if they can.
    /// Each difference would make sites new that are not, or hide some that are.
    pub fn refusal(&self, older: &Self) -> Option<String> {
        let (now, then) = (&self.environment, &older.environment);
        let kind = |engine: &str| match engine {
            EMBEDDED => "the embedded engine",
            _ => "a database of your own",
        };
        if kind(&now.engine) != kind(&then.engine) {
            return Some(format!(
                "it was measured on {}, and this run is on {}: answers, connections \
                 and retries differ, and with them what is allocated; use a baseline \
                 from the same engine",
                kind(&then.engine),
                kind(&now.engine)
            ));
        }
        if now.quick != then.quick {
            let (how, cure) = match then.quick {
                true => ("with --quick, and this run is without", "add --quick"),
                false => ("without --quick, and this run is with", "leave it out"),
            };
            return Some(format!(
                "it was measured {how}: a quick look is blind to smaller leaks, which \
                 would be taken for new or fixed; {cure}"
            ));
        }
        let both = self.loads.iter().filter_map(|(lesson, now)| {
            Some((lesson, now, older.loads.get(lesson)?))
        });
        let mut differing = both.filter(|(_, now, then)| now != then);
        differing.next().map(|(lesson, now, then)| {
            format!(
                "its {lesson} has {}, and this run has {}: longer runs see smaller \
                 leaks, and caches fill with what they are asked; measure with the \
                 same --rounds, --requests and --sizes, or make a new baseline",
                shown(then),
                shown(now)
            )
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
        let differing = pairs.iter().filter(|(_, then, now)| then != now);
        let sentence = |(what, then, now): &(&str, &String, &String)| {
            format!(
                "The {what} was {then} in the baseline and is {now} now: sites may \
                 differ for that alone."
            )
        };
        differing.map(sentence).collect()
    }
}

fn shown(load: &Load) -> String {
    let sizes = match load.sizes.is_empty() {
        true => String::new(),
        false => format!(" and peaks of the sizes {:?}", load.sizes),
    };
    format!("{} rounds of {} requests{sizes}", load.rounds, load.requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions() -> Conditions {
        let text = || "1".to_owned();
        Conditions {
            environment: Environment {
                leaklab: text(),
                rustc: text(),
                profile: text(),
                aws_sdk_dynamodb: text(),
                engine: EMBEDDED.to_owned(),
                quick: false,
                cores: 2,
                system: text(),
            },
            loads: BTreeMap::from([(
                "l01".to_owned(),
                Load { rounds: 8, requests: 80, sizes: vec![1, 2] },
            )]),
        }
    }

    /// Why the conditions are refused after this change.
    fn refusal(change: impl Fn(&mut Conditions)) -> String {
        let mut older = conditions();
        change(&mut older);
        conditions().refusal(&older).unwrap_or_default()
    }

    #[test]
    fn the_same_conditions_are_compared_and_others_are_refused_with_a_cure() {
        assert_eq!(refusal(|_| ()), "");
        assert_eq!(conditions().notes(&conditions()), Vec::<String>::new());
        let url = |c: &mut Conditions| c.environment.engine = "http://a".to_owned();
        assert!(refusal(url).contains("from the same engine"));
        assert!(refusal(|c| c.environment.quick = true).contains("add --quick"));
        let load = |c: &Conditions| c.loads["l01"].clone();
        for change in [
            |load: &mut Load| load.requests = 160,
            |load: &mut Load| load.rounds = 5,
            |load: &mut Load| load.sizes = vec![1],
        ] {
            let said = refusal(|c| {
                let mut other = load(c);
                change(&mut other);
                c.loads.insert("l01".to_owned(), other);
            });
            assert!(said.contains("l01") && said.contains("--requests"), "{said}");
        }
    }

    #[test]
    fn lessons_of_one_side_do_not_make_the_conditions_differ() {
        assert_eq!(refusal(|c| c.loads.clear()), "");
    }

    #[test]
    fn another_compiler_is_told_and_more_cores_are_not() {
        let mut older = conditions();
        older.environment.rustc = "1.94".to_owned();
        older.environment.cores = 64;
        let notes = conditions().notes(&older);
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains("compiler was 1.94"), "{notes:?}");
    }
}
