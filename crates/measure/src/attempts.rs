//! Measures a service of which something is expected, in up to three attempts.

use crate::disturbance;
use crate::instrument::Instrument;
use crate::judge::{Judgement, judge, rounds_grow};
use crate::samples::Samples;
use crate::scenario::Scenario;
use crate::session::{Load, Session};
use anyhow::Result;
use workload::Origin;

/// Attempts before INCONCLUSIVE is the verdict. In a healthy service the noise comes
/// from connection pools that still grow. Each attempt fills them further, and a leak
/// shows in every attempt.
const ATTEMPTS_MAX: u64 = 3;

/// Measures a running service with an instrument until an attempt is conclusive. `step`
/// is called with the name of each step, for a progress bar.
///
/// # Errors
/// The service does not answer, or [`Load::prepare`] failed.
pub async fn measure<I: Instrument, L: Load>(
    heap: &I,
    origin: Origin,
    load: &L,
    scenario: &Scenario,
    step: &(dyn Fn(&str) + Sync),
) -> Result<(Samples, Judgement)> {
    let mut session = Session::new(heap, origin, load, scenario, step);
    session.ends_at = disturbance::ends_at(scenario);
    session.warm_up().await?;
    for attempt in 1.. {
        let mut samples = session.sampled_rounds().await?;
        session.peaks(&mut samples).await?;
        let grows = rounds_grow(&samples, scenario);
        if scenario.windows && (grows || !scenario.quick) {
            let [first, second] = session.batches_of_windows();
            let batches = [Some(first).filter(|_| grows), Some(second)];
            session.windows(batches.into_iter().flatten(), &mut samples).await?;
        }
        samples.attempt = attempt;
        session.complete(&mut samples);
        let judgement = judge(&samples, scenario);
        // An attempt without a verdict has been repeated often enough already.
        let disturbed = samples.unjudged.is_some();
        if judgement.is_conclusive(scenario) || disturbed || attempt == ATTEMPTS_MAX
        {
            return Ok((samples, judgement));
        }
    }
    unreachable!("the loop returns at the last attempt")
}
