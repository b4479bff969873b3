//! A recorded service beside one that runs, in the same time.

use crate::ticks::{Death, Ring, Sample, State};

/// The first service of a recorded run.
pub(crate) struct Baseline(pub(crate) Ring);

impl Baseline {
    /// What was known of it at this time. It ends with its record.
    pub(crate) fn sample(&self, now: f64) -> Sample {
        let ticks = &self.0.ticks;
        let past = ticks.partition_point(|tick| tick.at <= now);
        let tick = ticks.get(past.saturating_sub(1));
        let sample =
            tick.map_or_else(Sample::default, |tick| tick.services[0].clone());
        match sample.state {
            State::Running if past == ticks.len() => {
                Sample { state: State::Ended, ..sample }
            }
            _ => sample,
        }
    }

    /// Adds its deaths up to now to those of a run in which it has this number.
    pub(crate) fn deaths(&self, now: f64, service: usize, known: &mut Vec<Death>) {
        let is_past = |death: &&Death| death.service == 0 && death.at <= now;
        let own = self.0.deaths.iter().filter(is_past);
        let added = known.iter().filter(|death| death.service == service).count();
        known
            .extend(own.skip(added).map(|death| Death { service, ..death.clone() }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticks::Tick;

    #[test]
    fn a_recorded_service_is_shown_in_its_own_time_and_ends_with_its_record() {
        let sample = |resident, state| Sample {
            resident: Some(resident),
            state,
            ..Sample::default()
        };
        let tick = |at, of| Tick { at, services: vec![of], ..Tick::default() };
        let mut ring = Ring::default();
        ring.push(tick(1.0, sample(10, State::Running)));
        ring.push(tick(2.0, sample(20, State::Running)));
        ring.died(Death { at: 2.0, ..Death::default() });
        let baseline = Baseline(ring);
        let at = |now| baseline.sample(now);
        assert_eq!(at(1.5), sample(10, State::Running));
        assert_eq!(at(9.0), sample(20, State::Ended));
        let mut known = Vec::new();
        for now in [1.5, 2.5, 3.5] {
            baseline.deaths(now, 1, &mut known);
        }
        assert_eq!((known.len(), known[0].service), (1, 1));
    }
}
