//! Planted secrets: look up sessions, let the caches expire, send other requests, and
//! search the memory of a twin before and after.

use crate::failure::Failure;
use crate::run::memory::{self, Found, Values};
use crate::run::{Database, Run, Running};
use anyhow::{Context, Result, anyhow, bail};
use lessons::Plan;
use measure::HeapClient;
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
#[derive(Debug, Clone, Serialize)]
pub struct Search {
    /// Seed for data and requests.
    pub seed: u64,
    /// Sessions that are looked up, each with a secret of its own.
    pub sessions: u64,
    /// Time to live of a session in the caches of the twins, in milliseconds.
    pub session_cache_ttl_ms: u64,
    /// Requests of another kind after the sessions have expired.
    pub other_requests: u64,
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

impl Run<'_> {
    /// Searches the memory of one twin. Whatever happens, all processes have ended when
    /// this returns.
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
        let database = Database::open(self.engine, "secrets").await?;
        let seen = tokio::select! {
            seen = self.search_on(&database, twin, search) => {
                seen.map_err(Failure::from)
            }
            () = self.stop.cancelled() => Err(Failure::Interrupted),
        };
        let closed = database.close().await;
        let seen = seen?;
        closed?;
        Ok(seen)
    }

    async fn search_on(
        &self,
        database: &Database,
        name: &str,
        search: &Search,
    ) -> Result<Seen> {
        let (sessions, others) = (search.plan(SESSIONS)?, search.plan(OTHERS)?);
        database.table.put(sessions.round_data(0..3)).await?;
        database.table.put(others.data()).await?;
        let ttl = format!("--session-cache-ttl-ms={}", search.session_cache_ttl_ms);
        let (target, table) = (&database.target, database.table.name());
        let mut twin =
            Running::start(name, target, table, &[&ttl], self.scratch).await?;
        let seen = match twin.process.id() {
            Some(process) => search.look(twin.origin(), process).await,
            None => Err(anyhow!("{name} has exited")),
        };
        match seen {
            Ok(seen) => {
                twin.process.stop().await;
                Ok(seen)
            }
            Err(error) => Err(twin.failed(error).await),
        }
    }
}

impl Search {
    async fn look(&self, origin: Origin, process: u32) -> Result<Seen> {
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
        let round = Round {
            number,
            requests: plan.round(number),
            count,
            concurrency: 1,
            client: plan.lesson.client,
        };
        let stats = round.run(origin).await;
        let stats =
            stats.with_context(|| format!("cannot send requests of {lesson}"))?;
        if let Some(error) = stats.first_error {
            bail!("the service answered {error}");
        }
        Ok(())
    }
}
