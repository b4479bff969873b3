//! What all connections of a proxy share: the faults.

use crate::fault::{Fault, FaultAction};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Each fault, and how many requests it has counted.
#[derive(Debug, Default)]
pub(super) struct Rules(Mutex<Vec<(Fault, u64)>>);

impl Rules {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        let rules = Self::default();
        rules.set(faults);
        rules
    }

    pub(super) fn set(&self, faults: Vec<Fault>) {
        *self.faults() = faults.into_iter().map(|fault| (fault, 0)).collect();
    }

    /// Counts a request. If several faults apply to it, the first one decides.
    pub(super) fn apply(&self, operation: &str) -> Option<FaultAction> {
        let mut action = None;
        for (fault, counted) in &mut *self.faults() {
            if fault.concerns(operation) {
                if fault.when.applies(*counted) {
                    action = action.or(Some(fault.action));
                }
                *counted += 1;
            }
        }
        action
    }

    pub(super) fn counted(&self) -> u64 {
        self.faults().iter().map(|(_, counted)| counted).sum()
    }

    fn faults(&self) -> MutexGuard<'_, Vec<(Fault, u64)>> {
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
    }
}
