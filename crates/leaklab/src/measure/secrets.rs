//! Planted secrets: look sessions up, let the caches expire, send other requests, and
//! search the twin's memory before and after.

use crate::failure::Failure;
use crate::measure::{Database, EngineChoice, Twin};
use crate::memory::{self, Found, Values};
use crate::probe::Probe;
use anyhow::{Context, Result, anyhow, bail};
use model::seed;
use serde::Serialize;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use workload::{Origin, Plan, Round};

/// The lesson whose items carry secrets.
const SESSIONS: &str = "l11_session_cache";
/// Requests that read other items through the same client.
const OTHERS: &str = "c02_first_page";

/// What to look up and what to do before looking again.
#[derive(Debug, Clone, Serialize)]
pub struct Search {
    /// Names data and requests.
    pub seed: u64,
    /// Sessions that are looked up, each with a secret of its own.
    pub sessions: u64,
    /// How long the twins may keep a session in their caches, in milliseconds.
    pub session_cache_ttl_ms: u64,
    /// Requests of another kind after the sessions have expired.
    pub other_requests: u64,
}

/// What was found in a twin.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    /// Right after the look-ups.
    pub after_look_ups: Moment,
    /// After expiry, one more look-up and the other requests.
    pub after_other_requests: Moment,
}

/// What was found at one time.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// Secrets of the sessions that were looked up.
    pub looked_up: Found,
    /// Secrets of as many sessions of the same table that nobody looked up. There
    /// should be none: it is the check that a find is no chance.
    pub not_looked_up: Found,
}

impl Search {
    /// Searches one twin, with a database of its own. Whatever happens, both processes
    /// have ended when this returns.
    ///
    /// # Errors
    /// This system has no `/proc`, a process or the database failed, or the user
    /// interrupted.
    pub async fn run(
        &self,
        twin: &str,
        scratch: &Path,
        stop: &CancellationToken,
    ) -> Result<Seen, Failure> {
        memory::can_search()?;
        let database = Database::open(&EngineChoice::Embedded, "secrets").await?;
        let seen = tokio::select! {
            seen = self.search_on(&database, twin, scratch) => {
                seen.map_err(Failure::from)
            }
            () = stop.cancelled() => Err(Failure::Interrupted),
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
        scratch: &Path,
    ) -> Result<Seen> {
        database.table.put(self.plan(SESSIONS).round_data(0..3)).await?;
        database.table.put(self.plan(OTHERS).base_data()).await?;
        let ttl = format!("--session-cache-ttl-ms={}", self.session_cache_ttl_ms);
        let (target, table) = (&database.target, database.table.name());
        let mut twin = Twin::start(name, target, table, &[&ttl], scratch).await?;
        let seen = match twin.process.id() {
            Some(process) => self.look(twin.origin(), process).await,
            None => Err(anyhow!("{name} has ended")),
        };
        let seen = match seen {
            Ok(seen) => Ok(seen),
            Err(error) => {
                let obituary = twin.process.obituary_soon().await;
                Err(obituary.map_or(error, |obituary| anyhow!("{obituary}")))
            }
        };
        twin.process.stop().await;
        seen
    }

    async fn look(&self, origin: Origin, process: u32) -> Result<Seen> {
        let looked_up = self.secrets(0..self.sessions)?;
        let not_looked_up =
            self.secrets(self.sessions + 1..2 * self.sessions + 1)?;
        let probe = Probe::new(origin);
        let moment = async || {
            probe.at_rest().await?;
            let find = |values| memory::search(process, values);
            anyhow::Ok(Moment {
                looked_up: find(&looked_up)?,
                not_looked_up: find(&not_looked_up)?,
            })
        };
        self.send(origin, SESSIONS, 0, self.sessions).await?;
        let after_look_ups = moment().await?;
        // Every session was put into the cache before now.
        tokio::time::sleep(Duration::from_millis(self.session_cache_ttl_ms)).await;
        // A cache may do its housekeeping when it is used, and not by itself.
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

    fn plan(&self, lesson: &'static str) -> Plan {
        let Self { seed, sessions, .. } = *self;
        Plan { lesson, seed, requests: sessions, warm_up: sessions, size: 0 }
    }

    /// Sends the first requests of a round, one after the other.
    async fn send(
        &self,
        origin: Origin,
        lesson: &'static str,
        number: u64,
        requests: u64,
    ) -> Result<()> {
        let round = Round { plan: self.plan(lesson), number, concurrency: 1 };
        let tally = round
            .first(requests, origin)
            .await
            .with_context(|| format!("cannot send the requests of {lesson}"))?;
        if let Some(error) = tally.first_error {
            bail!("the service answered {error}");
        }
        Ok(())
    }
}
