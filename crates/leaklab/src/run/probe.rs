//! A few requests, one by one: what a service answers, asks its database, logs and
//! leaves in the table. A repair that skips work shows here and not in memory.

use crate::failure::Failure;
use crate::run::load::LessonLoad;
use crate::run::{Database, Run, Running, Service, Under, round};
use anyhow::{Context, Result};
use dynamo::fault::EVERY_OPERATION;
use dynamo::{Fault, FaultAction};
use heap::gauges::DATABASE_CALLS;
use http_body_util::BodyExt;
use lessons::{Plan, Proof};
use measure::{HeapClient, Instrument, Load, Scenario};
use report::probe::{Answer, Probe};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::mem::replace;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workload::client::Connection;
use workload::{ClientBehavior, Request, Requests, Round};

/// Requests in each pass. Twice as many lines fit the part of a log that is kept.
const REQUESTS: u64 = 16;

/// Where the database is silent or slow, deadlines are short. What a busy machine may do
/// too late is repeated, up to this many times.
const TIMES_MAX: u64 = 10;

/// What a proof waits for must come within this time.
const SHOWN_WITHIN: Duration = Duration::from_secs(3);

/// An answer must come within this time.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How slow the database is during the last pass: long enough that work which goes on
/// behind a response has not ended when the service is asked to stop.
const SLOW: Fault = Fault::new(EVERY_OPERATION, FaultAction::Delay { ms: 100 });

/// Time to finish that work.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// While requests that share a call are sent: longer than it takes to open their
/// connections, and shorter than any deadline.
const SLOWER: Fault = Fault::new(EVERY_OPERATION, FaultAction::Delay { ms: 20 });

/// The twins' own lines, and whose credentials were loaded. `service` logs one for each
/// response beside them.
const LOG: &str = "off,leaky=info,fixed=info,service::dynamo::credentials=debug";

/// Lines whose fields have names.
const JSON: &str = "--log-format=json";

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
            let began_with = database.table.items().await?;
            let (program, target) = (service.program, load.target());
            let settings = [service.settings(plan.lesson), vec![JSON]].concat();
            let running = under.start(program, self, database, &target, &settings);
            let running = running.await?;
            let sent = send(&running, plan, &load).await;
            let (running, probe) = running.after(sent).await?;
            let (ended, log) = running.process.log_within(STOP_WITHIN).await;
            let items = database.table.items().await?;
            let writes = items > began_with;
            let (log_lines, log_fields) = (log.len(), fields(&log));
            Ok(Probe { ended, log_lines, log_fields, items, writes, ..probe })
        };
        self.with_database("probe", probed).await
    }
}

/// The names of the fields in these lines of JSON.
fn fields(log: &[String]) -> BTreeSet<String> {
    let read = |line: &String| serde_json::from_str::<Map<String, Value>>(line).ok();
    log.iter()
        .filter_map(read)
        .flat_map(|line| line.into_iter().map(|f| f.0))
        .collect()
}

async fn send(
    running: &Running,
    plan: Plan,
    load: &LessonLoad<'_>,
) -> Result<Probe> {
    let origin = running.origin();
    let heap = HeapClient::new(origin);
    let mut probe = Probe::default();
    let mut before = calls(&heap).await?;
    let lesson = plan.lesson;
    let requests = REQUESTS.min(plan.requests);
    // What a client doesn't read to its end can't be compared.
    let reads = lesson.client != ClientBehavior::Leaves;
    // In an outage without answers, all services answer alike.
    let times = if lesson.outage { TIMES_MAX } else { 1 };
    load.set_faults(if lesson.outage { &[] } else { lesson.faults });
    for pass in 0..2_usize {
        let mut sent = 0;
        for n in (0..requests).filter(|_| reads) {
            let most = sent + times;
            let answer = loop {
                let (status, answer) = answer(running, plan.request(1, n)).await?;
                sent += 1;
                if status < 500 || sent == most {
                    break answer;
                }
            };
            probe.answers.push(answer);
        }
        let after = calls(&heap).await?;
        probe.calls[pass] = after.saturating_sub(before) as f64 / sent.max(1) as f64;
        before = after;
    }
    if lesson.shares_calls {
        load.set_faults(&[SLOWER]);
        probe.shared_calls = shared_calls(running, &heap, plan).await?;
    }
    if let Some(proof) = lesson.proof {
        load.set_faults(proof.faults);
        let began = Instant::now();
        let held = shows(running, proof).await?;
        probe.proof = Some((held, proof.without));
        if proof.shows.is_none() {
            let seconds = began.elapsed().as_secs_f64();
            probe.seconds.push(("The request that must end early", seconds));
        }
    }
    if lesson.outage {
        return Ok(probe);
    }
    load.set_faults(&[&[SLOW], lesson.faults].concat());
    let (began, round) = (Instant::now(), at_once(plan));
    probe.failed = round.run(origin).await?.errors;
    let served = round.count.saturating_sub(probe.failed).max(1) as f64;
    let seconds = began.elapsed().as_secs_f64() / served;
    probe.seconds.push(("A request under load", seconds));
    Ok(probe)
}

/// Calls to the database since it started.
async fn calls(heap: &HeapClient) -> Result<u64> {
    // Counters alone have no gauges.
    let reading = heap.at_rest().await?;
    Ok(reading.gauges.get(DATABASE_CALLS).copied().unwrap_or(0))
}

/// Calls to the database for the same request, sent several times at once. The fewest of
/// some tries: on a busy machine some connections open too late to share a call.
async fn shared_calls(
    running: &Running,
    heap: &HeapClient,
    plan: Plan,
) -> Result<u64> {
    let same = plan.request(1, 0);
    let requests: Requests = Arc::new(move |_| same.clone());
    let (mut before, mut fewest) = (calls(heap).await?, u64::MAX);
    for _ in 0..TIMES_MAX {
        let round = Round { requests: Arc::clone(&requests), ..at_once(plan) };
        round.run(running.origin()).await?;
        let after = calls(heap).await?;
        fewest = fewest.min(after.saturating_sub(replace(&mut before, after)));
    }
    Ok(fewest)
}

/// Requests that are sent side by side.
fn at_once(plan: Plan) -> Round {
    round(plan, 2, plan.lesson.load.min(plan.requests), REQUESTS as usize)
}

/// Whether the service does what the proof asks for.
async fn shows(running: &Running, proof: Proof) -> Result<bool> {
    let Some(text) = proof.shows else {
        return Ok(answer(running, (proof.request)()).await?.0 >= 400);
    };
    let mut connection = Connection::open(running.origin()).await?;
    let mut body = connection.send((proof.request)()).await?.into_body();
    if let Some(then) = proof.then {
        answer(running, then()).await?;
    }
    let mut got = String::new();
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            let data = frame.into_data().unwrap_or_default();
            got += &String::from_utf8_lossy(&data);
            if got.contains(text) {
                return true;
            }
        }
        false
    };
    Ok(tokio::time::timeout(SHOWN_WITHIN, read).await.unwrap_or(false))
}

/// Asks over a connection of its own; the status, and all of the answer.
async fn answer(running: &Running, request: Request) -> Result<(u16, Answer)> {
    let name = request.to_string();
    let asked = async {
        let mut connection = Connection::open(running.origin()).await?;
        let response = connection.send(request).await?;
        let (head, body) = response.into_parts();
        let kind = head.headers.get("content-type");
        let kind = String::from_utf8_lossy(kind.map_or(b"", |kind| kind.as_bytes()));
        let body = body.collect().await?.to_bytes();
        let body = String::from_utf8_lossy(&body);
        let status = head.status.as_u16();
        Ok::<_, anyhow::Error>((status, format!("{status} {kind} {body}")))
    };
    let asked = tokio::time::timeout(ANSWER_WITHIN, asked).await;
    let within = ANSWER_WITHIN.as_secs();
    let (status, text) = asked
        .with_context(|| format!("{name} had no answer within {within} s"))??;
    Ok((status, Answer { request: name, text }))
}
