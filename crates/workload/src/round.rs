//! A round: a number of requests, closed loop, with a constant concurrency.
//!
//! Each round opens its own connections and closes them, so that between rounds a
//! service holds only what it decided to keep.

use crate::client::{
    ClientBehavior, Connection, HttpError, Origin, RESPONSE_TIMEOUT,
};
use crate::digest::Digest;
use crate::request::Request;
use hdrhistogram::Histogram;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
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
    /// How the clients take their responses.
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
    /// The first error: status, method and path.
    pub first_error: Option<String>,
    /// The response at which the round ended early: status, method and path.
    pub ended_at: Option<String>,
    /// The longest time in which no response was completed.
    pub longest_pause: Duration,
    /// Bytes of all bodies.
    pub body_bytes: u64,
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
            first_error: None,
            ended_at: None,
            longest_pause: Duration::ZERO,
            body_bytes: 0,
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
        self.first_error = self.first_error.take().or(other.first_error);
        self.ended_at = self.ended_at.take().or(other.ended_at);
        self.longest_pause = self.longest_pause.max(other.longest_pause);
        self.body_bytes += other.body_bytes;
        let bounds = "the bounds are the same";
        self.latency_us.add(other.latency_us).expect(bounds);
        self.first_byte_us.add(other.first_byte_us).expect(bounds);
    }

    fn record(&mut self, part: u64, response: &Response, request: &str) {
        self.parts[part as usize].add(response.digest);
        self.body_bytes += response.body_bytes;
        self.refused += u64::from(response.refused);
        self.abandoned += u64::from(response.abandoned);
        if response.status >= StatusCode::BAD_REQUEST {
            self.errors += 1;
            let error = || format!("{} for {request}", response.status);
            self.first_error.get_or_insert_with(error);
        }
        self.latency_us.saturating_record(response.whole.as_micros() as u64);
        self.first_byte_us.saturating_record(response.first_byte.as_micros() as u64);
    }
}

impl Round {
    /// Sends every request of the round.
    ///
    /// # Errors
    /// [`RoundError`] for the first request without a response. A response that
    /// reports an error is a response.
    pub async fn run(&self, origin: Origin) -> Result<RoundStats, RoundError> {
        let state = Arc::new(State::default());
        let mut senders = JoinSet::new();
        for _ in 0..self.concurrency {
            senders.spawn(self.clone().send(origin, Arc::clone(&state)));
        }
        let mut stats = RoundStats::default();
        while let Some(sender) = senders.join_next().await {
            match sender {
                Ok(part) => stats.merge(part?),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        Ok(stats)
    }

    /// Takes one request after the other until none is left.
    async fn send(
        self,
        origin: Origin,
        state: Arc<State>,
    ) -> Result<RoundStats, RoundError> {
        let round = self.number;
        let connect = async || {
            let what = || "a connection".to_owned();
            let connection = Connection::open(origin).await;
            connection.map_err(|source| RoundError { round, what: what(), source })
        };
        let mut connection = connect().await?;
        let mut stats = RoundStats::default();
        loop {
            let number = state.next.fetch_add(1, Relaxed);
            if number >= self.count || state.ended.load(Relaxed) {
                return Ok(stats);
            }
            let request = (self.requests)(number);
            let name = request.to_string();
            let response = self.take(&mut connection, request, number);
            let response = timeout(RESPONSE_TIMEOUT, response).await;
            let response = response.unwrap_or(Err(HttpError::Timeout));
            let what = || format!("request {number} ({name})");
            let failed = |source| RoundError { round, what: what(), source };
            let response = response.map_err(failed)?;
            if response.closes {
                connection = connect().await?;
            }
            stats.longest_pause = stats.longest_pause.max(state.pause());
            stats.record(number * PARTS / self.count, &response, &name);
            if (self.ends_at)(response.status.as_u16(), response.refused) {
                state.ended.store(true, Relaxed);
                let error = || format!("{} for {name}", response.status);
                stats.ended_at.get_or_insert_with(error);
            }
        }
    }

    /// Sends a request and takes its response as this round's clients do.
    async fn take(
        &self,
        connection: &mut Connection,
        request: Request,
        number: u64,
    ) -> Result<Response, HttpError> {
        let (began, ids) = (Instant::now(), (self.number, number));
        let leaves = self.client == ClientBehavior::Leaves;
        let response = exchange(connection, request, ids, leaves);
        let ClientBehavior::GivesUpAfter(patience) = self.client else {
            return response.await;
        };
        let abandoned = |_| Ok(Response::abandoned(ids, began.elapsed()));
        timeout(patience, response).await.unwrap_or_else(abandoned)
    }
}

/// What the senders of a round share.
struct State {
    /// Number of the next request.
    next: AtomicU64,
    /// Whether a response has ended the round.
    ended: AtomicBool,
    began: Instant,
    /// When the last response was completed, in microseconds.
    completed_us: AtomicU64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            next: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            began: Instant::now(),
            completed_us: AtomicU64::new(0),
        }
    }
}

impl State {
    /// A response is complete: the time since the one before it.
    fn pause(&self) -> Duration {
        let now = self.began.elapsed().as_micros() as u64;
        let before = self.completed_us.swap(now, Relaxed);
        Duration::from_micros(now.saturating_sub(before))
    }
}

struct Response {
    status: StatusCode,
    refused: bool,
    abandoned: bool,
    closes: bool,
    digest: Digest,
    body_bytes: u64,
    first_byte: Duration,
    whole: Duration,
}

/// The start of a response's hash: which request it belongs to.
fn hash_of((round, number): (u64, u64)) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(round.to_le_bytes());
    hash.update(number.to_le_bytes());
    hash
}

impl Response {
    /// Stands for a response that its client did not wait for.
    fn abandoned(ids: (u64, u64), waited: Duration) -> Self {
        Self {
            status: StatusCode::OK,
            refused: false,
            abandoned: true,
            closes: true,
            digest: Digest::of(hash_of(ids)),
            body_bytes: 0,
            first_byte: waited,
            whole: waited,
        }
    }
}

/// Sends a request and reads its response to the end, or to the first bytes of its
/// body. Keeps a hash of round, number, status, content type and body.
async fn exchange(
    connection: &mut Connection,
    request: Request,
    ids: (u64, u64),
    leave_early: bool,
) -> Result<Response, HttpError> {
    let began = Instant::now();
    let mut response = connection.send(request).await?;
    let status = response.status();
    let headers = response.headers();
    let refused = status == StatusCode::SERVICE_UNAVAILABLE
        && headers.contains_key(RETRY_AFTER);
    let closes = headers.get("connection").is_some_and(|value| value == "close");
    let mut hash = hash_of(ids);
    hash.update(status.as_u16().to_le_bytes());
    hash.update(
        headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes()),
    );
    hash.update([0]);
    let mut first_byte = None;
    let mut body_bytes = 0;
    while let Some(frame) = response.body_mut().frame().await {
        if let Ok(data) = frame?.into_data() {
            first_byte.get_or_insert_with(|| began.elapsed());
            body_bytes += data.len() as u64;
            hash.update(&data);
            if leave_early {
                break;
            }
        }
    }
    let whole = began.elapsed();
    Ok(Response {
        status,
        refused,
        abandoned: false,
        closes: closes || leave_early,
        digest: Digest::of(hash),
        body_bytes,
        first_byte: first_byte.unwrap_or(whole),
        whole,
    })
}
