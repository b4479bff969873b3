//! A lesson's requests on one twin that runs under another tool, and nothing judged:
//! what the tool says at the twin's end is compared with what was live before.

use crate::failure::Failure;
use crate::measure::protocol::target;
use crate::measure::session::Session;
use crate::measure::{Database, EngineChoice, Protocol, Twin, Under};
use anyhow::{Result, anyhow, bail};
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a tool may take for its report after the twin's last request.
const REPORT_WITHIN: Duration = Duration::from_secs(600);

/// What a driven twin did.
#[derive(Debug, Clone, Serialize)]
pub struct Driven {
    /// The lesson's id.
    pub lesson: &'static str,
    /// `slope` or `peak`: whether its growth is to be looked for in live bytes or in
    /// their peak.
    pub signal: &'static str,
    /// Requests, the warm-up's not counted.
    pub requests: u64,
    /// Those that were answered with status 400 or above.
    pub errors: u64,
    /// Live bytes at rest after the requests, less those before.
    pub live_growth_bytes: i64,
    /// The most live bytes meanwhile, less those at rest before.
    pub peak_growth_bytes: u64,
    /// Live bytes at rest after each round.
    pub live_bytes: Vec<u64>,
    /// Resident bytes after each round; `null` where the system does not tell.
    pub resident_bytes: Vec<Option<u64>>,
    /// Time that the requests took.
    pub seconds: f64,
    /// Requests over seconds.
    pub requests_per_second: f64,
    /// Exit code of the twin, or of the tool that it ran under.
    pub exit: Option<i32>,
}

impl Protocol {
    /// Sends warm-up and rounds to a twin that runs under a tool, at the largest size
    /// where the law is a peak, and stops it as an operator would. Whatever happens,
    /// both processes have ended when this returns.
    ///
    /// # Errors
    /// A process or the database failed, or the user interrupted.
    pub async fn drive(
        &self,
        twin: &str,
        under: &Under,
        scratch: &Path,
        stop: &CancellationToken,
    ) -> Result<Driven, Failure> {
        let database = Database::open(&EngineChoice::Embedded, "drive").await?;
        let driven = tokio::select! {
            driven = self.drive_on(&database, twin, under, scratch) => {
                driven.map_err(Failure::from)
            }
            () = stop.cancelled() => Err(Failure::Interrupted),
        };
        let closed = database.close().await;
        let driven = driven?;
        closed?;
        Ok(driven)
    }

    async fn drive_on(
        &self,
        database: &Database,
        name: &str,
        under: &Under,
        scratch: &Path,
    ) -> Result<Driven> {
        self.fill_base(database).await?;
        let data = self.plan(self.smallest()).round_data(1..1 + self.rounds);
        database.table.put(data).await?;
        let proxy = self.proxy(database).await?;
        let target = target(database, proxy.as_ref());
        let (table, settings) = (database.table.name(), self.lesson.settings);
        let mut twin =
            Twin::start_under(under, name, &target, table, settings, scratch)
                .await?;
        let session = Session::new(self, twin.origin(), proxy.as_ref());
        let driven = match self.send(&session).await {
            Ok(driven) => driven,
            Err(error) => {
                let obituary = twin.process.obituary_soon().await;
                twin.process.stop().await;
                return Err(obituary.map_or(error, |obituary| anyhow!("{obituary}")));
            }
        };
        // Tools report when the process ends, so its end is waited for.
        match twin.process.stop_within(REPORT_WITHIN).await {
            Some(status) => Ok(Driven { exit: status.code(), ..driven }),
            None => {
                let waited = REPORT_WITHIN.as_secs();
                bail!("{name} did not end within {waited} s of being asked to")
            }
        }
    }

    async fn send(&self, session: &Session<'_>) -> Result<Driven> {
        let probe = session.probe();
        session.warm_up().await?;
        let before = probe.at_rest().await?.live_bytes;
        let (mut sending, mut sent, mut errors) = (Duration::ZERO, 0, 0);
        let (mut live_bytes, mut resident_bytes) = (Vec::new(), Vec::new());
        for round in 1..=self.rounds {
            let began = Instant::now();
            match self.sizes.last() {
                None => {
                    errors += session.round(round).await?.errors;
                    sent += self.requests;
                }
                Some(&largest) => {
                    session.load(largest).await?;
                    sent += session.requests_of(largest);
                }
            }
            sending += began.elapsed();
            let reading = probe.at_rest().await?;
            live_bytes.push(reading.live_bytes);
            resident_bytes.push(reading.resident_bytes);
        }
        let after = probe.at_rest().await?;
        let seconds = sending.as_secs_f64();
        Ok(Driven {
            lesson: self.lesson.id,
            signal: if self.sizes.is_empty() { "slope" } else { "peak" },
            requests: sent,
            errors,
            live_growth_bytes: after.live_bytes.cast_signed() - before.cast_signed(),
            peak_growth_bytes: after.peak_bytes.saturating_sub(before),
            live_bytes,
            resident_bytes,
            seconds,
            requests_per_second: sent as f64 / seconds,
            exit: None,
        })
    }
}
