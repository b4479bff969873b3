//! What all connections of a proxy share: the rules and the counts.

use model::{Fault, FaultAction};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by operation. The names come from a fixed list, so it cannot grow.
type Counts = BTreeMap<&'static str, u64>;

/// A rule, and how many requests it has concerned.
#[derive(Debug)]
struct Rule {
    fault: Fault,
    number: AtomicU64,
}

/// Rules and counts.
#[derive(Debug)]
pub(super) struct Shared {
    /// Host and port of the engine.
    pub(super) upstream: String,
    rules: Mutex<Arc<[Rule]>>,
    seen: Mutex<Counts>,
    faulted: Mutex<Counts>,
    /// Errors that the proxy made up, for their request ids.
    errors: AtomicU64,
}

impl Shared {
    pub(super) fn new(upstream: String, faults: Vec<Fault>) -> Self {
        let (seen, faulted) = Default::default();
        let rules = Mutex::new(rules(faults));
        Self { upstream, rules, seen, faulted, errors: AtomicU64::new(0) }
    }

    pub(super) fn set(&self, faults: Vec<Fault>) {
        *locked(&self.rules) = rules(faults);
    }

    /// Counts a request for every rule that concerns it. The first rule that meets it
    /// decides what happens.
    pub(super) fn meet(&self, operation: &'static str) -> Option<FaultAction> {
        count(&self.seen, operation);
        let rules = Arc::clone(&locked(&self.rules));
        let mut action = None;
        for rule in rules.iter().filter(|rule| rule.fault.concerns(operation)) {
            let number = rule.number.fetch_add(1, Ordering::Relaxed);
            if rule.fault.when.meets(number) {
                action = action.or(Some(rule.fault.action));
            }
        }
        action
    }

    /// Counts a request that a fault has met.
    pub(super) fn fault(&self, operation: &'static str) {
        count(&self.faulted, operation);
    }

    pub(super) fn seen(&self) -> Counts {
        locked(&self.seen).clone()
    }

    pub(super) fn faulted(&self) -> Counts {
        locked(&self.faulted).clone()
    }

    /// As long as DynamoDB's request ids, and plainly none of them.
    pub(super) fn request_id(&self) -> String {
        let number = self.errors.fetch_add(1, Ordering::Relaxed);
        format!("LEAKLABFAULT{number:040}")
    }
}

fn rules(faults: Vec<Fault>) -> Arc<[Rule]> {
    let rule = |fault| Rule { fault, number: AtomicU64::new(0) };
    faults.into_iter().map(rule).collect()
}

fn count(counts: &Mutex<Counts>, operation: &'static str) {
    *locked(counts).entry(operation).or_default() += 1;
}

/// Nothing panics while it holds one of these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::When;

    #[test]
    fn the_first_rule_that_meets_a_request_decides() {
        let delay = FaultAction::Delay { ms: 1 };
        let faults = vec![
            Fault::new("GetItem", FaultAction::Reset)
                .when(When::Cycle { hit: 1, of: 2 }),
            Fault::new("*", delay),
        ];
        let shared = Shared::new(String::new(), faults.clone());
        let reset = Some(FaultAction::Reset);
        assert_eq!(shared.meet("GetItem"), reset);
        assert_eq!(shared.meet("GetItem"), Some(delay));
        assert_eq!(shared.meet("PutItem"), Some(delay));
        assert_eq!(shared.meet("GetItem"), reset);
        assert_eq!(shared.meet("GetItem"), Some(delay));
        shared.set(faults);
        assert_eq!(shared.meet("GetItem"), reset);
        shared.set(Vec::new());
        assert_eq!(shared.meet("GetItem"), None);
        assert_eq!(shared.seen(), [("GetItem", 6), ("PutItem", 1)].into());
    }
}
