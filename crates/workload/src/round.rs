//! A round: a number of requests, with a constant concurrency or at a constant rate.
//!
//! Each round opens its own connections and closes them, so that between rounds a
//! service holds only what it decided to keep.

use crate::client::{
    ClientBehavior, Connection, HttpError, Origin, RESPONSE_TIMEOUT,
};
use crate::digest::Digest;
use crate::exchange::{Response, exchange};
use crate::request::Request;
use hdrhistogram::Histogram;
use hyper::StatusCode;
use std::collections::BTreeMap;
use std::mem::replace;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

/// The responses of a round are compared in this many parts, so that a difference can
/// be located without keeping the responses.
pub const PARTS: u64 = 64;

/// The requests of a round, by their number.
pub type Requests = Arc<dyn Fn(u64) -> Request + Send + Sync>;

/// Why a round could not be completed.
#[derive(Debug, thiserror::Error)]
#[error("{what} of round {round} failed")]
pub struct RoundError {
    /// Which round, 0 being the warm-up.
    pub round: u64,
    /// A connection, or a request: its number, method and path.
    pub what: String,
    /// What happened.
    pub source: HttpError,
}

/// For [`Round::ends_at`]: every request is sent, whatever the responses are.
pub fn to_the_end(_: u16, _: bool) -> bool {
    false
}

/// Which requests to send, and how.
#[derive(Clone)]
pub struct Round {
    /// Its number, 0 being the warm-up.
    pub number: u64,
    /// The requests, by number.
    pub requests: Requests,
    /// How many of them to send.
    pub count: u64,
    /// Requests in flight, each on its own connection.
    pub concurrency: usize,
    /// Requests that start in each second without waiting for responses; `None` for a new
    /// one whenever one has ended.
    pub offered_per_second: Option<u64>,
    /// How the clients take their responses, where a request doesn't say.
    pub client: ClientBehavior,
    /// Responses after which the rest of the round is not sent, by status and by
    /// whether they refuse work (503 with `Retry-After`).
    pub ends_at: fn(u16, bool) -> bool,
}

/// What came back in a round. Its size does not depend on the number of requests.
#[derive(Debug, Clone)]
pub struct RoundStats {
    /// The responses, in [`PARTS`] parts of consecutive requests.
    pub parts: Vec<Digest>,
    /// Responses that refused the work: 503 with `Retry-After`.
    pub refused: u64,
    /// Responses with status 400 and above, refusals included.
    pub errors: u64,
    /// Requests whose client gave up before the response was complete.
    pub abandoned: u64,
    /// Responses by their status.
    pub statuses: BTreeMap<u16, u64>,
    /// Time from the start of the first request to that of the last.
    pub starting: Duration,
    /// Time from the start of the first request to the end of the last response.
    pub took: Duration,
    /// The first error: status, method and path.
    pub first_error: Option<String>,
    /// The response at which the round ended early: status, method and path.
    pub ended_at: Option<String>,
    /// The longest time in which no response was completed.
    pub longest_pause: Duration,
    /// Time to the end of a response, in microseconds.
    pub latency_us: Histogram<u64>,
    /// Time to the first byte of a body, in microseconds.
    pub first_byte_us: Histogram<u64>,
}

impl Default for RoundStats {
    fn default() -> Self {
        // An hour at two digits takes 40 KB, whatever is recorded.
        let times = Histogram::new_with_bounds(1, 3_600_000_000, 2);
        let times = times.expect("the bounds are valid");
        Self {
            parts: vec![Digest::default(); PARTS as usize],
            refused: 0,
            errors: 0,
            abandoned: 0,
            statuses: BTreeMap::new(),
            starting: Duration::ZERO,
            took: Duration::ZERO,
            first_error: None,
            ended_at: None,
            longest_pause: Duration::ZERO,
            latency_us: times.clone(),
            first_byte_us: times,
        }
    }
}

impl RoundStats {
    /// Adds another round, or a part of this one.
    pub fn merge(&mut self, other: Self) {
        self.parts.iter_mut().zip(other.parts).for_each(|(a, b)| a.add(b));
        self.refused += other.refused;
        self.errors += other.errors;
        self.abandoned += other.abandoned;
        for (status, responses) in other.statuses {
            *self.statuses.entry(status).or_default() += responses;
        }
        self.starting += other.starting;
        self.took += other.took;
        self.first_error = self.first_error.take().or(other.first_error);
        self.ended_at = self.ended_at.take().or(other.ended_at);
        self.longest_pause = self.longest_pause.max(other.longest_pause);
        let bounds = "the bounds are the same";
        self.latency_us.add(other.latency_us).expect(bounds);
        self.first_byte_us.add(other.first_byte_us).expect(bounds);
    }

    /// Adds the response to a request of this round.
    fn record(&mut self, round: &Round, began: Instant, sent: Taken) {
        let Taken { number, name, response } = sent;
        let before = replace(&mut self.took, began.elapsed());
        self.longest_pause = self.longest_pause.max(self.took - before);
        self.parts[(number * PARTS / round.count) as usize].add(response.digest);
        self.refused += u64::from(response.refused);
        self.latency_us.saturating_record(response.whole.as_micros() as u64);
        self.first_byte_us.saturating_record(response.first_byte.as_micros() as u64);
        let Some(status) = response.status else {
            self.abandoned += 1;
            return;
        };
        *self.statuses.entry(status.as_u16()).or_default() += 1;
        let error = || format!("{status} for {name}");
        if status >= StatusCode::BAD_REQUEST {
            self.errors += 1;
            self.first_error.get_or_insert_with(error);
        }
        if (round.ends_at)(status.as_u16(), response.refused) {
            self.ended_at.get_or_insert_with(error);
        }
    }
}

/// The response to a request, by its number, method and path.
pub(crate) struct Taken {
    number: u64,
    name: String,
    pub(crate) response: Response,
}

/// A response, and its connection if that stays open.
pub(crate) type Sent = Result<(Taken, Option<Connection>), RoundError>;

impl Round {
    /// Any number of these requests, one after the other.
    pub fn of(requests: Requests, client: ClientBehavior) -> Self {
        Self {
            number: 0,
            requests,
            count: u64::MAX,
            concurrency: 1,
            offered_per_second: None,
            client,
            ends_at: to_the_end,
        }
    }

    /// Sends every request of the round.
    ///
    /// # Errors
    /// [`RoundError`] for the first request without a response. A response that
    /// reports an error is a response.
    pub async fn run(&self, origin: Origin) -> Result<RoundStats, RoundError> {
        let (began, mut stats) = (Instant::now(), RoundStats::default());
        let (mut idle, mut clients) = (Vec::<Connection>::new(), JoinSet::new());
        for number in 0..self.count {
            let due = self.due(began, number);
            tokio::pin!(due);
            loop {
                // At a rate, requests don't wait for others.
                let may_start = self.offered_per_second.is_some()
                    || clients.len() < self.concurrency.max(1);
                tokio::select! {
                    () = &mut due, if may_start => break,
                    Some(client) = clients.join_next() => {
                        let (taken, connection) = joined(client)?;
                        idle.extend(connection);
                        stats.record(self, began, taken);
                    }
                }
            }
            if stats.ended_at.is_some() {
                break;
            }
            stats.starting = began.elapsed();
            idle.retain(Connection::is_open);
            let (round, connection) = (self.clone(), idle.pop());
            clients
                .spawn(async move { round.one(origin, connection, number).await });
        }
        while let Some(client) = clients.join_next().await {
            stats.record(self, began, joined(client)?.0);
        }
        Ok(stats)
    }

    /// When a request starts that has a connection: at a rate, or at once.
    async fn due(&self, began: Instant, number: u64) {
        if let Some(rate) = self.offered_per_second {
            let due = began + Duration::from_micros(number * 1_000_000 / rate);
            tokio::time::sleep_until(due.into()).await;
        }
    }

    /// Sends a request, over a new connection if there is none, and takes its response
    /// as its client does. Returns the connection if it stays open.
    pub(crate) async fn one(
        &self,
        origin: Origin,
        connection: Option<Connection>,
        number: u64,
    ) -> Sent {
        let request = (self.requests)(number);
        let (name, ids) = (request.to_string(), (self.number, number));
        let client = request.client.unwrap_or(self.client);
        let closes = request.new_connection;
        let stay = match client {
            ClientBehavior::DoesNotRead(stay) => Some(stay),
            _ => None,
        };
        let exchanged = async {
            let mut connection = match (stay, connection) {
                (Some(_), _) => Connection::open_narrow(origin).await?,
                (None, Some(open)) => open,
                (None, None) => Connection::open(origin).await?,
            };
            let response = exchange(&mut connection, request, ids, client).await?;
            let open = !(closes || response.closes);
            Ok((response, open.then_some(connection)))
        };
        let (patience, began) = (patience(client), Instant::now());
        let response = match timeout(patience, exchanged).await {
            Ok(response) => response,
            Err(_) if patience == RESPONSE_TIMEOUT => Err(HttpError::Timeout),
            Err(_) => Ok((Response::abandoned(ids, began.elapsed()), None)),
        };
        let failed = |source| {
            let what = format!("request {number} ({name})");
            RoundError { round: self.number, what, source }
        };
        let (response, connection) = response.map_err(failed)?;
        Ok((Taken { number, name, response }, connection))
    }
}

/// How long a client waits for the whole response.
fn patience(client: ClientBehavior) -> Duration {
    match client {
        ClientBehavior::GivesUpAfter(patience) => patience,
        // It takes no more than that.
        ClientBehavior::DoesNotRead(stay) => RESPONSE_TIMEOUT.max(2 * stay),
        ClientBehavior::Reads | ClientBehavior::Leaves => RESPONSE_TIMEOUT,
    }
}

/// What a task returned. A panic in it goes on.
fn joined<T>(task: Result<T, JoinError>) -> T {
    task.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
