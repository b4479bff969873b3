//! A few requests, one by one: what a service answers, asks its database, logs and
//! leaves in the table. A repair that skips work shows here and not in memory.

use crate::failure::Failure;
use crate::run::load::LessonLoad;
use crate::run::{Database, Run, Running, Service, Under, program};
use anyhow::{Context, Result};
use dynamo::fault::EVERY_OPERATION;
use dynamo::{Fault, FaultAction};
use heap::gauges::DATABASE_CALLS;
use http_body_util::BodyExt;
use lessons::Plan;
use measure::{HeapClient, Load, Scenario};
use report::probe::{Answer, Probe};
use std::time::Duration;
use workload::client::Connection;
use workload::round::to_the_end;
use workload::{ClientBehavior, Request, Round};

/// Requests in each pass. Twice as many lines fit the part of a log that is kept.
const REQUESTS: u64 = 16;

/// An answer must come within this time.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How slow the database is during the last pass: long enough that work which goes on
/// behind a response has not ended when the service is asked to stop.
const SLOW: Fault = Fault::new(EVERY_OPERATION, FaultAction::Delay { ms: 100 });

/// Time to finish that work.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// The twins' own lines. `service` logs one for each response beside them.
const LOG: &str = "off,leaky=info,fixed=info";

impl Run {
    /// Sends the requests to a service.
    ///
    /// # Errors
    /// A process or the database failed, or a request had no answer.
    pub async fn probe(
        &self,
        service: Service,
        plan: Plan,
        scenario: &Scenario,
    ) -> Result<Probe, Failure> {
        let plan = plan.sized(scenario.smallest());
        let probed = async |database: &Database| {
            let load = LessonLoad::open(plan, scenario, database).await?;
            let load = load.with_proxy().await?;
            load.prepare(1..3).await?;
            let under = Under { log: Some(LOG), ..Under::default() };
            let (program, target) = (program(service.program)?, load.target());
            let settings = service.settings(plan.lesson);
            let (table, scratch) = (database.table.name(), self.scratch());
            let running =
                under.start(&program, &target, table, &settings, scratch).await?;
            let sent = send(&running, plan, &load).await;
            let (running, probe) = running.after(sent).await?;
            let (ended, log) = running.process.log_within(STOP_WITHIN).await;
            let items = database.table.items().await?;
            Ok(Probe { ended, log_lines: log.len(), items, ..probe })
        };
        self.with_database("probe", probed).await
    }
}

async fn send(
    running: &Running,
    plan: Plan,
    load: &LessonLoad<'_>,
) -> Result<Probe> {
    let origin = running.origin();
    let heap = HeapClient::new(origin);
    let calls = async || -> Result<u64> {
        let reading = heap.counters_at_rest().await?;
        Ok(reading.gauges.get(DATABASE_CALLS).copied().unwrap_or(0))
    };
    let mut probe = Probe::default();
    let mut before = calls().await?;
    let requests = REQUESTS.min(plan.requests);
    // What a client doesn't read to its end can't be compared.
    let reads = plan.lesson.client == ClientBehavior::Reads;
    for pass in 0..2_usize {
        for n in (0..requests).filter(|_| reads) {
            probe.answers.push(answer(running, plan.request(1, n)).await?.1);
        }
        let after = calls().await?;
        probe.calls[pass] = after.saturating_sub(before) as f64 / requests as f64;
        before = after;
    }
    if let Some(proof) = plan.lesson.proof {
        load.set_faults(proof.faults);
        let (status, _) = answer(running, (proof.request)()).await?;
        probe.proof = Some((status >= 400, proof.without));
    }
    load.set_faults(&[&[SLOW], plan.lesson.faults].concat());
    let last = Round {
        number: 2,
        requests: plan.round(2),
        count: requests,
        concurrency: requests as usize,
        offered_per_second: None,
        client: plan.lesson.client,
        ends_at: to_the_end,
    };
    probe.failed = last.run(origin).await?.errors;
    Ok(probe)
}

/// Asks over a connection of its own; the status, and all of the answer.
async fn answer(running: &Running, request: Request) -> Result<(u16, Answer)> {
    let name = request.to_string();
    let asked = async {
        let mut connection = Connection::open(running.origin()).await?;
        let response = connection.send(request).await?;
        let (head, body) = response.into_parts();
        let kind =
            head.headers.get("content-type").map(|kind| kind.as_bytes().to_vec());
        let kind = String::from_utf8_lossy(&kind.unwrap_or_default()).into_owned();
        let body = body.collect().await?.to_bytes();
        let body = String::from_utf8_lossy(&body);
        let (status, kind) = (head.status.as_u16(), kind);
        Ok::<_, anyhow::Error>((status, format!("{status} {kind} {body}")))
    };
    let asked = tokio::time::timeout(ANSWER_WITHIN, asked).await;
    let within = ANSWER_WITHIN.as_secs();
    let (status, text) = asked
        .with_context(|| format!("{name} had no answer within {within} s"))??;
    Ok((status, Answer { request: name, text }))
}
