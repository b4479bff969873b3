//! A forecast, and what came of it.

use crate::forecast::{Forecast, Outlook};
use crate::run::Live;
use crate::words;
use limit::Bytes;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// When the forecast is taken, in seconds since the load began: the first requests of a
/// service fill its pools.
const TAKEN_AT: f64 = 20.0;
/// A service that still lives after this many times the forecast is not waited for.
const PATIENCE: f64 = 3.0;
/// A forecast is met within this share of the time that was left.
const WITHIN: f64 = 0.15;

/// What was predicted of a service, and when it died. Seconds since the load began.
#[derive(Debug)]
pub struct Proof {
    name: String,
    load: u64,
    limit: u64,
    taken: f64,
    predicted: Option<[f64; 3]>,
    observed: Option<f64>,
}

impl Proof {
    /// Watches the first service of a run until it dies, or should have.
    pub async fn observe(name: &str, live: &Live) -> Self {
        let now = || live.ring().last().map_or(0.0, |tick| tick.at);
        let died = || live.ring().deaths.first().map(|death| death.at);
        let look = Duration::from_millis(100);
        while now() < TAKEN_AT && died().is_none() {
            sleep(look).await;
        }
        let taken = now();
        let predicted = match live.outlook(0) {
            Outlook::Full(Forecast { seconds, .. }) => {
                Some(seconds.map(|of| taken + of))
            }
            _ => None,
        };
        let wait =
            predicted.map_or(0.0, |[_, likely, _]| PATIENCE * (likely - taken));
        let until = Instant::now() + Duration::from_secs_f64(wait.min(3_600.0));
        while died().is_none() && Instant::now() < until {
            sleep(look).await;
        }
        let (load, limit) = (live.about.load, live.about.limit);
        Self {
            name: name.to_owned(),
            load,
            limit,
            taken,
            predicted,
            observed: died(),
        }
    }

    /// By how much of the time that was left the death was later than predicted.
    fn off(&self) -> Option<f64> {
        let [_, likely, _] = self.predicted?;
        let observed = self.observed.filter(|at| *at > self.taken)?;
        Some((observed - likely) / (observed - self.taken))
    }

    /// Whether the forecast was met.
    pub fn holds(&self) -> bool {
        self.off().is_some_and(|off| off.abs() <= WITHIN)
    }

    /// A row of the table.
    pub fn line(&self) -> String {
        let clock =
            |at: Option<f64>| at.map_or_else(|| "-".to_owned(), words::clock);
        let predicted = self.predicted.map(|of| of.map(words::clock));
        let predicted = predicted.map_or_else(
            || "-".to_owned(),
            |[soon, likely, late]| format!("{likely} ({soon} to {late})"),
        );
        let off =
            self.off().map(|off| format!("{:+.0} %", (off * 100.0).round() + 0.0));
        row([
            &self.name,
            &format!("{}/s", self.load),
            &Bytes(self.limit).to_string(),
            &predicted,
            &clock(self.observed),
            off.as_deref().unwrap_or("-"),
        ])
    }
}

fn row([name, load, limit, predicted, death, off]: [&str; 6]) -> String {
    format!("{name:<6} {load:>6} {limit:>8}  {predicted:<21} {death:>6} {off:>7}")
}

/// All of them, with what the columns mean.
pub fn table(proofs: &[Proof]) -> String {
    let head =
        row(["lesson", "load", "limit", "forecast after 20 s", "death", "off"]);
    let rows = proofs.iter().map(Proof::line);
    let rows: Vec<_> = [head].into_iter().chain(rows).collect();
    let met = proofs.iter().filter(|proof| proof.holds()).count();
    let (all, within) = (proofs.len(), WITHIN * 100.0);
    let rows = rows.join("\n");
    format!(
        "{rows}\n{met} of {all} within {within:.0} % of the time that was left\n"
    )
}
