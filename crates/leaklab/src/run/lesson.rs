//! One lesson on one service, from an empty database to a judgement.

use crate::failure::Failure;
use crate::run::load::LessonLoad;
use crate::run::{Database, EngineChoice, Running, Service, Under};
use anyhow::{Result, anyhow};
use lessons::Plan;
use measure::{HeapClient, Judgement, Samples, Scenario};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

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

/// What the services of a run have in common.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Where the database comes from.
    pub engine: &'a EngineChoice,
    /// Folder for temporary files of services.
    pub scratch: &'a Path,
    /// Cancelled to stop everything.
    pub stop: &'a CancellationToken,
}

impl Run<'_> {
    /// Measures a service. Whatever happens, cancellation included, all processes have
    /// ended and the table is removed when this returns. The permit is released
    /// earlier, when nothing is left to measure.
    ///
    /// # Errors
    /// A process or the database failed; the message quotes its log.
    pub async fn measure(
        &self,
        service: Service,
        plan: Plan,
        scenario: &Scenario,
        step: &(dyn Fn(&str) + Sync),
        permit: Permit,
    ) -> Result<Measured, Failure> {
        let began = Instant::now();
        step("prepare");
        let use_for = format!("{}-{}", plan.lesson.id, service.name);
        let mut database = Database::open(self.engine, &use_for).await?;
        let scenario = service.scenario(plan.lesson, scenario);
        let measured = tokio::select! {
            measured = self.on(&database, service, plan, &scenario, step, permit) => {
                // A service without a database still answers, so this is where a dead
                // engine is noticed.
                match database.exit_report() {
                    Some(report) => Err(anyhow!("{report}").into()),
                    None => measured.map_err(Failure::from),
                }
            }
            () = self.stop.cancelled() => Err(Failure::Interrupted),
        };
        let closed = database.close().await;
        let (samples, judgement) = measured?;
        closed?;
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
        permit: Permit,
    ) -> Result<(Samples, Judgement)> {
        let load = LessonLoad::open(plan, scenario, database).await?;
        let under = Under { environment: service.environment(), ..Under::default() };
        let settings = service.settings(plan.lesson);
        let mut running = Running::start_under(
            &under,
            service.program,
            &load.target(),
            database.table.name(),
            &settings,
            self.scratch,
        )
        .await?;
        let measured =
            measure::measure(running.origin(), &load, scenario, step).await;
        drop(permit);
        match measured {
            Ok((mut samples, judgement)) => {
                stop(running, scenario, &mut samples).await;
                Ok((samples, judgement))
            }
            Err(error) => Err(running.failed(error).await),
        }
    }
}

/// Stops a service that was measured: in order, to read what is left then, or at once
/// after a quick measurement and where requests keep the service from ending.
async fn stop(running: Running, scenario: &Scenario, samples: &mut Samples) {
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
