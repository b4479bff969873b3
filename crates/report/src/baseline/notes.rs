//! What a gate did not judge, and why.

use crate::baseline::held::{Name, Services};
use crate::comparison::{TwinResult, Verdict};

/// What only one of the runs measured.
pub(super) fn absences(now: &Services<'_>, then: &Services<'_>) -> Vec<String> {
    let only = |these: &Services<'_>, others: &Services<'_>| -> Vec<String> {
        let only = these.keys().filter(|name| !others.contains_key(name));
        only.map(|Name { lesson, twin }| format!("{lesson} {twin}")).collect()
    };
    let mut notes = Vec::new();
    let missing = only(then, now);
    if !missing.is_empty() {
        notes.push(format!(
            "Not measured now, so not judged: {}.",
            missing.join(", ")
        ));
    }
    let added = only(now, then);
    if !added.is_empty() {
        notes.push(format!(
            "Not in the baseline, so all that grows there is new: {}.",
            added.join(", ")
        ));
    }
    notes
}

/// Where one of the runs could not tell.
pub(super) fn doubts(
    name: &Name<'_>,
    now: &TwinResult,
    then: Option<&TwinResult>,
) -> Vec<String> {
    let Name { lesson, twin } = name;
    let unsure = |result: &TwinResult| result.verdict == Verdict::Inconclusive;
    let mut notes = Vec::new();
    if unsure(now) {
        notes.push(format!(
            "{lesson} {twin} is INCONCLUSIVE, so its sites were not judged."
        ));
    }
    if then.is_some_and(unsure) {
        notes.push(format!(
            "{lesson} {twin} was INCONCLUSIVE in the baseline, so all that grows there \
             is new."
        ));
    }
    notes
}
