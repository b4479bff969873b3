//! The load of a lesson: its requests, their items in the table, and the faults
//! between the service and its database.

use crate::run::Database;
use anyhow::{Context, Result};
use dynamo::fault::EVERY_OPERATION;
use dynamo::{Fault, FaultAction, When};
use dynamo::{Proxy, Target};
use lessons::Plan;
use measure::{Load, Scale, Scenario};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use workload::{ClientBehavior, Requests, Round};

/// The first requests of a round of a lesson, sent by its clients whatever the responses.
pub fn round(plan: Plan, number: u64, count: u64, concurrency: usize) -> Round {
    let requests = plan.round(number);
    Round { number, count, concurrency, ..Round::of(requests, plan.lesson.client) }
}

/// The load of a lesson against one table.
#[derive(Debug)]
pub(super) struct LessonLoad<'a> {
    plan: Plan,
    scale: Option<Scale>,
    smallest: u64,
    database: &'a Database,
    proxy: Option<Proxy>,
    /// Requests so far.
    sent: Arc<AtomicU64>,
}

impl<'a> LessonLoad<'a> {
    /// Puts the items that every attempt reads into the table, and starts a proxy if the
    /// lesson needs faults.
    pub(super) async fn open(
        plan: Plan,
        scenario: &Scenario,
        database: &'a Database,
    ) -> Result<Self> {
        let smallest = scenario.smallest();
        for size in scenario.sizes.iter().copied().chain([smallest]) {
            database.table.put(plan.sized(size).data()).await?;
        }
        database.table.put(plan.sized(smallest).round_data(0..1)).await?;
        let scale = scenario.growth.scale();
        let sent = Arc::default();
        let load = Self { plan, scale, smallest, database, proxy: None, sent };
        let plain = plan.lesson.faults.is_empty() && scale != Some(Scale::Attempts);
        if plain { Ok(load) } else { load.with_proxy().await }
    }

    /// The same with a proxy, which has the lesson's faults until others are set.
    pub(super) async fn with_proxy(mut self) -> Result<Self> {
        if self.proxy.is_none() {
            let Plan { lesson, .. } = self.plan;
            let faults = lesson.faults.to_vec();
            let proxy = Proxy::start(self.database.target.url(), faults).await;
            self.proxy = Some(proxy.with_context(|| {
                format!("{} needs faults in front of its database", lesson.id)
            })?);
        }
        Ok(self)
    }

    /// Faults from now on, where there is a proxy.
    pub(super) fn set_faults(&self, faults: &[Fault]) {
        if let Some(proxy) = &self.proxy {
            proxy.set(faults.to_vec());
        }
    }

    /// Requests that have been sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// What the service uses as its database.
    pub(super) fn target(&self) -> Target {
        match &self.proxy {
            Some(proxy) => self.database.target.at(proxy.url()),
            None => self.database.target.clone(),
        }
    }
}

impl Load for LessonLoad<'_> {
    fn requests(&self, round: u64, size: u64) -> Requests {
        let (round, sent) =
            (self.plan.sized(size).round(round), Arc::clone(&self.sent));
        Arc::new(move |n| {
            sent.fetch_add(1, Relaxed);
            round(n)
        })
    }

    fn client(&self) -> ClientBehavior {
        self.plan.lesson.client
    }

    async fn prepare(&self, rounds: Range<u64>) -> Result<()> {
        let items = self.plan.sized(self.smallest).round_data(rounds);
        Ok(self.database.table.put(items).await?)
    }

    /// Where the size is a number of attempts, all but the last of them are throttled.
    fn set_size(&self, size: Option<u64>) {
        if let (Some(Scale::Attempts), Some(proxy)) = (self.scale, &self.proxy) {
            proxy.set(match size {
                Some(attempts) => throttled_attempts(attempts),
                None => self.plan.lesson.faults.to_vec(),
            });
        }
    }
}

/// Throttles all attempts of a call but the last.
fn throttled_attempts(attempts: u64) -> Vec<Fault> {
    let when = When::Cycle { hit: attempts.saturating_sub(1), of: attempts };
    vec![Fault::new(EVERY_OPERATION, FaultAction::THROTTLED).when(when)]
}
