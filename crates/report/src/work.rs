//! What a service does otherwise than the twin: what it answers, calls, logs, writes, and
//! how long it takes.

use crate::probe::{Answer, Probe};

/// Letters of an answer that are shown.
const SHOWN: usize = 160;

/// The number of calls may differ by this share of the twin's, as by another page size,
/// before a repair does other work.
const CALLS_SHARE: f64 = 0.1;

/// More calls than the twin are a matter of taste up to this share, such as a read
/// before a write.
const MORE_CALLS_SHARE: f64 = 0.5;

/// The same where the twin needs no call: one request in eight may miss a cache.
const CALLS_MIN: f64 = 0.125;

/// The same for requests that share one call: a few may come when it has ended.
const SHARED_MIN: u64 = 4;

/// A request may take this many times as long as in the twin, and this many seconds more,
/// before a service is slow. Calls to the database take a tenth of a second meanwhile.
const SLOWER: f64 = 2.0;
const SLOWER_SECONDS: f64 = 0.03;

/// The first request that is answered otherwise.
pub(crate) fn other_answer(yours: &Probe, twin: &Probe) -> Option<String> {
    let both = yours.answers.iter().zip(&twin.answers).enumerate();
    let (n, (yours, twin)) =
        both.into_iter().find(|(_, (yours, twin))| yours != twin)?;
    let Answer { request, .. } = twin;
    let [got, expected] = [yours, twin].map(|answer| {
        let shown: String = answer.text.chars().take(SHOWN).collect();
        if shown.len() < answer.text.len() { shown + "…" } else { shown }
    });
    Some(format!(
        "Request {} ({request}) is answered otherwise.\n  expected: {expected}\n  got:      {got}",
        n + 1
    ))
}

/// What a service leaves out, a sentence each.
pub(crate) fn left_out(yours: &Probe, twin: &Probe) -> Vec<String> {
    let mut found = Vec::new();
    let [[new, again], [twin_new, twin_again]] = [yours.calls, twin.calls];
    if new < twin_new * (1.0 - CALLS_SHARE) {
        found.push(format!(
            "It makes {new:.1} database calls per request, and the twin {twin_new:.1}: \
             work is left out."
        ));
    }
    let many = |calls: f64, twins: f64| {
        calls > twins * (1.0 + MORE_CALLS_SHARE) + CALLS_MIN
    };
    if many(new, twin_new) {
        found.push(format!(
            "It makes {new:.1} database calls per request, and the twin {twin_new:.1}."
        ));
    }
    if many(again, twin_again) && !many(new, twin_new) {
        found.push(format!(
            "For requests that it has answered before it makes {again:.1} database \
             calls each, and the twin {twin_again:.1}: nothing is remembered."
        ));
    }
    if let (Some((false, without)), Some((true, _))) = (yours.proof, twin.proof) {
        found.push(format!("It {without}."));
    }
    if yours.log_lines < twin.log_lines {
        found.push(format!(
            "It logs {} lines where the twin logs {}.",
            yours.log_lines, twin.log_lines
        ));
    }
    let missing: Vec<_> =
        twin.log_fields.difference(&yours.log_fields).map(String::as_str).collect();
    if yours.log_lines > 0 && !missing.is_empty() {
        let missing = missing.join(", ");
        found.push(format!("Its log lacks fields that the twin's has: {missing}."));
    }
    if twin.ended && !yours.ended {
        found.push("It does not stop in order when it is asked to.".to_owned());
    }
    if yours.shared_calls > 2 * twin.shared_calls + SHARED_MIN {
        found.push(format!(
            "For the same request at the same time it makes {} database calls, and the \
             twin {}: no call is shared.",
            yours.shared_calls, twin.shared_calls
        ));
    }
    found.extend(slower(yours, twin));
    // What it accepts beyond the twin must be in the table too.
    let accepted = match twin.writes {
        true => twin.failed.saturating_sub(yours.failed) as usize,
        false => 0,
    };
    if yours.items < twin.items + accepted && yours.failed <= twin.failed {
        found.push(format!(
            "It leaves {} items in the table after it has stopped, and the twin {}: \
             work that was accepted is lost.",
            yours.items, twin.items
        ));
    }
    found
}

/// What takes much longer than in the twin, a sentence each. A busy machine can be the
/// reason, so a caller probes both again before it believes this.
pub fn slower(yours: &Probe, twin: &Probe) -> Vec<String> {
    let both = yours.seconds.iter().zip(&twin.seconds);
    let slow = both
        .filter(|((_, yours), (_, twin))| *yours > twin * SLOWER + SLOWER_SECONDS);
    let sentence = |((what, yours), (_, twin)): (&(_, f64), &(&str, f64))| {
        let [yours, twin] = [yours, twin].map(|seconds| seconds * 1_000.0);
        format!("{what} takes {yours:.0} ms, and in the twin {twin:.0} ms.")
    };
    slow.map(sentence).collect()
}
