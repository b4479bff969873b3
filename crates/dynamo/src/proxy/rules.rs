//! What all connections of a proxy share: the faults and the counts.

use crate::fault::{Fault, FaultAction};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Requests by operation. The names come from a fixed list, so it cannot grow.
type Counts = BTreeMap<&'static str, u64>;

/// Faults and counts, behind one lock.
#[derive(Debug, Default)]
pub(super) struct Rules(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Each fault, and how many requests it has counted.
    faults: Vec<(Fault, u64)>,
    seen: Counts,
    faulted: Counts,
}

impl Rules {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        let rules = Self::default();
        rules.set(faults);
        rules
    }

    pub(super) fn set(&self, faults: Vec<Fault>) {
        let from_zero = faults.into_iter().map(|fault| (fault, 0));
        self.state().faults = from_zero.collect();
    }

    /// Counts a request. If several faults apply to it, the first one decides.
    pub(super) fn apply(&self, operation: &'static str) -> Option<FaultAction> {
        let state = &mut *self.state();
        *state.seen.entry(operation).or_default() += 1;
        let mut action = None;
        for (fault, counted) in &mut state.faults {
            if fault.concerns(operation) {
                if fault.when.applies(*counted) {
                    action = action.or(Some(fault.action));
                }
                *counted += 1;
            }
        }
        if action.is_some() {
            *state.faulted.entry(operation).or_default() += 1;
        }
        action
    }

    pub(super) fn seen(&self) -> Counts {
        self.state().seen.clone()
    }

    pub(super) fn faulted(&self) -> Counts {
        self.state().faulted.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::When;

    #[test]
    fn the_first_fault_that_applies_decides() {
        let (silence, delay) = (FaultAction::Silence, FaultAction::Delay { ms: 1 });
        let every_second = When::Cycle { hit: 1, of: 2 };
        let faults = vec![
            Fault::new("GetItem", silence).when(every_second),
            Fault::new("*", delay),
        ];
        let rules = Rules::new(faults.clone());
        assert_eq!(rules.apply("GetItem"), Some(silence));
        assert_eq!(rules.apply("GetItem"), Some(delay));
        assert_eq!(rules.apply("PutItem"), Some(delay));
        assert_eq!(rules.apply("GetItem"), Some(silence));
        rules.set(faults);
        assert_eq!(rules.apply("GetItem"), Some(silence));
        rules.set(Vec::new());
        assert_eq!(rules.apply("GetItem"), None);
        assert_eq!(rules.seen(), [("GetItem", 5), ("PutItem", 1)].into());
        assert_eq!(rules.faulted(), [("GetItem", 4), ("PutItem", 1)].into());
    }
}
