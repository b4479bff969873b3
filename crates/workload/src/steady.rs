//! A steady load: requests start at a rate, whatever the responses are, until the future
//! is dropped. A service may end and another one take its place meanwhile.

use crate::client::{ClientBehavior, Connection, Origin};
use crate::round::{Requests, Round, Sent};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// Requests that may wait for a response. More are not sent: each has a connection, and
/// systems often allow 1,024 files.
const IN_FLIGHT_MAX: usize = 400;
/// A sender that is later than this starts a new schedule: the machine stood still, and
/// a burst is not a steady load.
const LATE_MAX: Duration = Duration::from_millis(500);
/// How often a load at rest looks for a rate.
const AT_REST: Duration = Duration::from_millis(50);

/// A load at a rate that can be changed while it runs.
pub struct Steady {
    round: Round,
    /// Requests that start in a second.
    rate: AtomicU64,
    /// Number of the next request.
    next: AtomicU64,
    state: Mutex<State>,
}

/// What changes while it runs.
#[derive(Default)]
struct State {
    /// Where the service is, while it runs.
    origin: Option<Origin>,
    counts: Counts,
}

/// What happened since the last look.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Requests that have ended: with a response, or given up by their client.
    pub ended: u64,
    /// Requests without a response, and responses with status 400 or above that don't
    /// refuse work (503 with `Retry-After`).
    pub errors: u64,
    /// Time to the end of each response, in microseconds.
    pub latency_us: Vec<u64>,
}

impl Steady {
    /// A load of these requests by number, which begins with no service.
    pub fn new(requests: Requests, client: ClientBehavior, rate: u64) -> Self {
        let round = Round::of(requests, client);
        let (rate, next) = (AtomicU64::new(rate), AtomicU64::new(0));
        Self { round, rate, next, state: Mutex::default() }
    }

    /// Requests per second from now on; 0 for none.
    pub fn set_rate(&self, rate: u64) {
        self.rate.store(rate, Relaxed);
    }

    /// Where the service is from now on; requests fail at once without one.
    pub fn set_origin(&self, origin: Option<Origin>) {
        self.state().origin = origin;
    }

    /// Number of the next request.
    pub fn next(&self) -> u64 {
        self.next.load(Relaxed)
    }

    /// What happened since the last call.
    pub fn take(&self) -> Counts {
        std::mem::take(&mut self.state().counts)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends until the future is dropped.
    pub async fn run(&self) {
        let mut clients = JoinSet::new();
        let mut idle = Vec::<Connection>::new();
        let (mut due, mut at) = (Instant::now(), None);
        loop {
            let rate = self.rate.load(Relaxed);
            if rate == 0 {
                due = Instant::now() + AT_REST;
            }
            tokio::select! {
                () = sleep_until(due.into()) => {}
                Some(client) = clients.join_next() => {
                    idle.extend(client.ok().and_then(|sent| self.record(sent)));
                    continue;
                }
            }
            if rate == 0 {
                continue;
            }
            due += Duration::from_micros(1_000_000 / rate);
            if due.elapsed() > LATE_MAX {
                due = Instant::now();
            }
            let number = self.next.fetch_add(1, Relaxed);
            let origin = self.state().origin;
            if origin != at {
                // Connections to a service that has ended.
                (at, idle) = (origin, Vec::new());
            }
            idle.retain(Connection::is_open);
            match origin {
                Some(origin) if clients.len() < IN_FLIGHT_MAX => {
                    let (round, open) = (self.round.clone(), idle.pop());
                    clients
                        .spawn(async move { round.one(origin, open, number).await });
                }
                Some(_) => {}
                None => self.state().counts.errors += 1,
            }
        }
    }

    /// Counts what came back; the connection if it stays open.
    fn record(&self, sent: Sent) -> Option<Connection> {
        let counts = &mut self.state().counts;
        let Ok((taken, connection)) = sent else {
            counts.errors += 1;
            return None;
        };
        let response = taken.response;
        let failed = response.status.is_some_and(|status| status.as_u16() >= 400);
        counts.ended += 1;
        counts.errors += u64::from(failed && !response.refused);
        if response.status.is_some() {
            counts.latency_us.push(response.whole.as_micros() as u64);
        }
        connection
    }
}
