//! One lesson on one service, from an empty database to a judgement.

use crate::failure::Failure;
use crate::run::load::LessonLoad;
use crate::run::{Database, Run, Running, Service, Under};
use anyhow::Result;
use lessons::Plan;
use limit::Killed;
use measure::session::CALL_STACKS;
use measure::{HeapClient, Instrument, Judgement, Samples, Scenario};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;

/// Permit to measure, shared by the services of a lesson. It is released once all of
/// them are measured; their shutdown does not hold it.
pub type Permit = Arc<OwnedSemaphorePermit>;

/// What was measured of one service.
#[derive(Debug)]
pub struct Measured {
    /// Which service.
    pub service: Service,
    /// What was read.
    pub samples: Samples,
    /// What it means.
    pub judgement: Judgement,
    /// Time from the empty database to the end of the service.
    pub seconds: f64,
}

impl Measured {
    /// The file of the dhat profile of the second, longer window, and its content.
    /// `None` where no windows were opened.
    pub fn profile(&self, lesson: &str) -> Option<(String, &[u8])> {
        let longer = self.samples.windows.last()?;
        let name = format!("profiles/{lesson}.{}.json", self.service.name);
        Some((name, &longer.json))
    }
}

impl Run {
    /// Measures a service. The permit, if it needs one, is released as soon as nothing is
    /// left to measure, before the processes have ended.
    ///
    /// # Errors
    /// A process or the database failed; the message quotes its log.
    pub async fn measure(
        &self,
        service: Service,
        plan: Plan,
        scenario: &Scenario,
        step: &(dyn Fn(&str) + Sync),
        permit: Option<Permit>,
    ) -> Result<Measured, Failure> {
        let began = Instant::now();
        step("prepare");
        let use_for = format!("{}-{}", plan.lesson.id, service.name);
        let scenario = service.scenario(plan.lesson, scenario);
        let measured = self.with_database(&use_for, async |database: &Database| {
            self.on(database, service, plan, &scenario, step, permit).await
        });
        let (samples, judgement) = measured.await?;
        let seconds = began.elapsed().as_secs_f64();
        Ok(Measured { service, samples, judgement, seconds })
    }

    async fn on(
        &self,
        database: &Database,
        service: Service,
        plan: Plan,
        scenario: &Scenario,
        step: &(dyn Fn(&str) + Sync),
        permit: Option<Permit>,
    ) -> Result<(Samples, Judgement)> {
        let load = LessonLoad::open(plan, scenario, database).await?;
        let (environment, memory) = (service.environment(), self.memory);
        let under = Under { environment, memory, ..Under::default() };
        let (program, target) = (service.program, load.target());
        let settings = service.settings(plan.lesson);
        let running =
            under.start(program, self, database, &target, &settings).await?;
        let origin = running.origin();
        let heap = HeapClient::new(origin);
        let step = |what: &str| {
            if what == CALL_STACKS {
                running.lift_limit();
            }
            step(what);
        };
        let measured = measure::measure(&heap, origin, &load, scenario, &step).await;
        drop(permit);
        let measured = running.after(measured).await;
        let (running, (mut samples, judgement)) =
            measured.map_err(|mut error| {
                if let Some(killed) = error.downcast_mut::<Killed>() {
                    killed.after = Some(limit::requests(load.sent()));
                }
                error
            })?;
        stop(running, scenario, &mut samples).await;
        Ok((samples, judgement))
    }
}

/// Stops a service that was measured: in order, to read what is left then, or at once
/// after a quick measurement and where requests keep the service from ending.
async fn stop(mut running: Running, scenario: &Scenario, samples: &mut Samples) {
    let last = match scenario.quick {
        true => None,
        false => HeapClient::new(running.origin()).counters().await.ok(),
    };
    samples.live_before_exit = last.as_ref().map(|last| last.live_bytes);
    match last {
        Some(last) if last.in_flight == 0 => {
            samples.live_at_exit = running.live_bytes_at_exit().await;
        }
        _ => running.process.kill().await,
    }
}
