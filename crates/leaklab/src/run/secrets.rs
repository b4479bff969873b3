//! Planted secrets: look up sessions, let the caches expire, send other requests, and
//! search the memory of a twin before and after.

use crate::failure::Failure;
use crate::run::memory::{self, Found, Values};
use crate::run::{Database, Run, Running, Under, program};
use anyhow::{Context, Result, bail};
use clap::{Args, value_parser};
use lessons::Plan;
use measure::{HeapClient, Instrument};
use model::seed;
use serde::Serialize;
use std::ops::Range;
use std::time::Duration;
use workload::{Origin, Round};

/// The lesson whose items contain secrets.
const SESSIONS: &str = "l11_session_cache";
/// Requests that read other items through the same client.
const OTHERS: &str = "c02_first_page";

/// What to look up, and what to send before the second search.
#[derive(Debug, Clone, Args, Serialize)]
pub struct Search {
    /// Sessions that are looked up, each with a secret of its own
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u64).range(1..=100_000))]
    pub sessions: u64,
    /// Requests of another kind after the sessions have expired
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u64).range(0..=1_000_000))]
    pub other_requests: u64,
    /// How long the twins may serve a session from their caches
    #[arg(long, default_value_t = 500, value_parser = value_parser!(u64).range(1..=600_000))]
    pub session_cache_ttl_ms: u64,
    /// Seed for data and requests
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}

/// What was found in a twin.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    /// After the look-ups.
    pub after_look_ups: Moment,
    /// After the sessions expired, one more look-up and the other requests.
    pub after_other_requests: Moment,
}

/// What one search found.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// Secrets of the sessions that were looked up.
    pub looked_up: Found,
    /// Secrets of as many sessions of the same table that were not looked up. One
    /// that is found is chance, so there should be none.
    pub not_looked_up: Found,
}

impl Run {
    /// Searches the memory of one twin.
    ///
    /// # Errors
    /// This system has no `/proc`, a process or the database failed, or the user
    /// interrupted.
    pub async fn search(
        &self,
        twin: &str,
        search: &Search,
    ) -> Result<Seen, Failure> {
        memory::can_search()?;
        let ttl = format!("--session-cache-ttl-ms={}", search.session_cache_ttl_ms);
        let searched = async |database: &Database| {
            let (sessions, others) = (search.plan(SESSIONS)?, search.plan(OTHERS)?);
            database.table.put(sessions.round_data(0..3)).await?;
            database.table.put(others.data()).await?;
            let Database { target, table, .. } = database;
            let (program, under) = (program(twin)?, Under::default());
            let (table, scratch) = (table.name(), self.scratch());
            let running =
                under.start(&program, target, table, &[&ttl], scratch).await?;
            let seen = search.look(&running).await;
            let (running, seen) = running.after(seen).await?;
            running.process.stop().await;
            Ok(seen)
        };
        self.with_database("secrets", searched).await
    }
}

impl Search {
    async fn look(&self, twin: &Running) -> Result<Seen> {
        let origin = twin.origin();
        let process = twin.process.id().context("the twin has exited")?;
        let looked_up = self.secrets(0..self.sessions)?;
        let not_looked_up =
            self.secrets(self.sessions + 1..2 * self.sessions + 1)?;
        let heap = HeapClient::new(origin);
        let moment = async || {
            heap.at_rest().await?;
            let find = |values| memory::search(process, values);
            anyhow::Ok(Moment {
                looked_up: find(&looked_up)?,
                not_looked_up: find(&not_looked_up)?,
            })
        };
        self.send(origin, SESSIONS, 0, self.sessions).await?;
        let after_look_ups = moment().await?;
        // Every session is in the cache by now.
        tokio::time::sleep(Duration::from_millis(self.session_cache_ttl_ms)).await;
        // A cache may remove expired entries only when it is used.
        self.send(origin, SESSIONS, 1, 1).await?;
        self.send(origin, OTHERS, 1, self.other_requests).await?;
        Ok(Seen { after_look_ups, after_other_requests: moment().await? })
    }

    /// The secrets behind these sessions.
    fn secrets(&self, numbers: Range<u64>) -> Result<Values> {
        let secret = |n| {
            let token = seed::session_token(self.seed, n);
            seed::session(self.seed, &token).payment_secret
        };
        Values::new(numbers.map(secret))
    }

    fn plan(&self, lesson: &str) -> Result<Plan> {
        let lesson = lessons::lesson(lesson);
        let lesson = lesson.with_context(|| "a lesson of this search is missing")?;
        let plan = Plan::new(lesson, self.seed, self.sessions);
        Ok(Plan { warm_up: self.sessions, ..plan })
    }

    /// Sends the first requests of a round, one after the other.
    async fn send(
        &self,
        origin: Origin,
        lesson: &str,
        number: u64,
        count: u64,
    ) -> Result<()> {
        let plan = self.plan(lesson)?;
        let requests = plan.round(number);
        let round =
            Round { number, count, ..Round::of(requests, plan.lesson.client) };
        let stats = round.run(origin).await;
        let stats =
            stats.with_context(|| format!("cannot send requests of {lesson}"))?;
        if let Some(error) = stats.first_error {
            bail!("the service answered {error}");
        }
        Ok(())
    }
}
