//! A lesson's requests on a service that runs under another tool, without a judgement:
//! what the tool reports at the exit is compared with what was live before.

use crate::failure::Failure;
use crate::run::load::LessonLoad;
use crate::run::{Database, Run, Under};
use anyhow::{Result, bail};
use lessons::Plan;
use measure::{HeapClient, Instrument, Scenario, Session};
use report::comparison::GrowthKind;
use serde::Serialize;
use std::time::{Duration, Instant};

/// How long a tool may take for its report after the last request.
const REPORT_WITHIN: Duration = Duration::from_secs(600);

/// What happened under a tool.
#[derive(Debug, Clone, Serialize)]
pub struct UnderTool {
    /// The lesson's id.
    pub lesson: &'static str,
    /// Whether live bytes or their peak grow.
    pub growth: GrowthKind,
    /// Requests without the warm-up.
    pub requests: u64,
    /// Responses with status 400 or above.
    pub errors: u64,
    /// Live bytes at rest after the requests, less those before.
    pub live_growth_bytes: i64,
    /// Peak of live bytes, less those at rest before.
    pub peak_growth_bytes: u64,
    /// Live bytes at rest after each round.
    pub live_bytes: Vec<u64>,
    /// Resident bytes after each round; `null` where the system does not report them.
    pub resident_bytes: Vec<Option<u64>>,
    /// Time of the requests.
    pub seconds: f64,
    /// Requests over seconds.
    pub requests_per_second: f64,
    /// Exit code of the service, or of the tool that it ran under.
    pub exit: Option<i32>,
}

impl Run {
    /// Sends warm-up and rounds to a service under a tool, at the largest size where a
    /// peak is measured, and stops it.
    ///
    /// # Errors
    /// A process or the database failed, or the user interrupted.
    pub async fn under(
        &self,
        name: &str,
        plan: Plan,
        scenario: &Scenario,
        under: &Under,
    ) -> Result<UnderTool, Failure> {
        let driven = async |database: &Database| {
            let load = LessonLoad::open(plan, scenario, database).await?;
            measure::Load::prepare(&load, 1..1 + scenario.rounds).await?;
            let (target, settings) = (load.target(), plan.lesson.settings);
            let running =
                under.start(name, self, database, &target, settings).await?;
            let heap = HeapClient::new(running.origin());
            let session =
                Session::new(&heap, running.origin(), &load, scenario, &|_| {});
            let sent = send(session, plan, scenario).await;
            let (mut running, sent) = running.after(sent).await?;
            // Tools report when the process exits.
            match running.process.stop_within(REPORT_WITHIN).await {
                Some(status) => Ok(UnderTool { exit: status.code(), ..sent }),
                None => {
                    let waited = REPORT_WITHIN.as_secs();
                    bail!("{name} did not exit within {waited} s of being asked to")
                }
            }
        };
        self.with_database("run-under", driven).await
    }
}

async fn send(
    mut session: Session<'_, HeapClient, LessonLoad<'_>>,
    plan: Plan,
    scenario: &Scenario,
) -> Result<UnderTool> {
    session.warm_up().await?;
    let before = session.heap.at_rest().await?.live_bytes;
    let (mut sending, mut requests, mut errors) = (Duration::ZERO, 0, 0);
    let (mut live_bytes, mut resident_bytes) = (Vec::new(), Vec::new());
    let (mut live, mut peak) = (before, before);
    for round in 1..=scenario.rounds {
        let began = Instant::now();
        match scenario.sizes.last() {
            None => {
                errors += session.round(round).await?.errors;
                requests += scenario.requests;
            }
            Some(&largest) => requests += session.load_of_size(largest).await?,
        }
        sending += began.elapsed();
        let reading = session.heap.at_rest().await?;
        (live, peak) = (reading.live_bytes, reading.peak_bytes);
        live_bytes.push(reading.live_bytes);
        resident_bytes.push(reading.resident_bytes);
    }
    let seconds = sending.as_secs_f64();
    Ok(UnderTool {
        lesson: plan.lesson.id,
        growth: scenario.growth.into(),
        requests,
        errors,
        live_growth_bytes: live.cast_signed() - before.cast_signed(),
        peak_growth_bytes: peak.saturating_sub(before),
        live_bytes,
        resident_bytes,
        seconds,
        requests_per_second: requests as f64 / seconds,
        exit: None,
    })
}
