//! A round: a number of requests at a constant concurrency, closed loop.
//!
//! Each round opens its own connections and closes them, so between rounds the
//! service is at rest but for what it chose to keep.

use crate::client::{Connection, HttpError, Origin};
use crate::digest::Digest;
use crate::manner::Manner;
use crate::plan::{Plan, Request};
use hdrhistogram::Histogram;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Answers of a round are compared in this many parts, so that a difference can be
/// narrowed down without keeping an answer.
pub const PARTS: u64 = 64;

/// An answer that takes longer than this is an error, not a latency.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Why a round could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A request had no answer.
    #[error("request {number} of round {round} ({request}) failed")]
    Request {
        /// Which round, 0 being the warm-up.
        round: u64,
        /// Which request of it.
        number: u64,
        /// Method and path.
        request: String,
        /// What happened.
        source: HttpError,
    },
    /// An answer did not come, or did not end.
    #[error(
        "request {number} of round {round} ({request}) had no answer within 60 s"
    )]
    Late {
        /// Which round, 0 being the warm-up.
        round: u64,
        /// Which request of it.
        number: u64,
        /// Method and path.
        request: String,
    },
    /// A connection could not be opened.
    #[error("round {round} could not open its connections")]
    Connect {
        /// Which round, 0 being the warm-up.
        round: u64,
        /// What happened.
        source: HttpError,
    },
}

/// Which round of a plan to send, where to, and how many requests at once.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// The requests.
    pub plan: Plan,
    /// Its number, 0 being the warm-up.
    pub number: u64,
    /// Requests under way at once, each on a connection of its own.
    pub concurrency: usize,
}

/// What a round came to; as large for a million requests as for one.
#[derive(Debug, Clone)]
pub struct Tally {
    /// The answers, in [`PARTS`] parts of consecutive requests.
    pub parts: Vec<Digest>,
    /// Answers that refused the work: 503 with `Retry-After`.
    pub refused: u64,
    /// Answers of status 400 and above, refusals included.
    pub errors: u64,
    /// Requests whose client gave up before there was an answer.
    pub abandoned: u64,
    /// The first of the errors: status, method and path.
    pub first_error: Option<String>,
    /// Bytes of all bodies.
    pub body_bytes: u64,
    /// Whole answers, in microseconds.
    pub latency_us: Histogram<u64>,
    /// First bytes of bodies, in microseconds.
    pub first_byte_us: Histogram<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        // Bounded: an hour at two digits is 40 KB, whatever is recorded.
        let histogram = || {
            Histogram::new_with_bounds(1, 3_600_000_000, 2)
                .expect("bounds are valid")
        };
        Self {
            parts: vec![Digest::default(); PARTS as usize],
            refused: 0,
            errors: 0,
            abandoned: 0,
            first_error: None,
            body_bytes: 0,
            latency_us: histogram(),
            first_byte_us: histogram(),
        }
    }
}

impl Tally {
    /// Adds another round, or a part of this one.
    pub fn merge(&mut self, other: Self) {
        self.parts.iter_mut().zip(other.parts).for_each(|(a, b)| a.add(b));
        self.refused += other.refused;
        self.errors += other.errors;
        self.abandoned += other.abandoned;
        self.first_error = self.first_error.take().or(other.first_error);
        self.body_bytes += other.body_bytes;
        self.latency_us.add(other.latency_us).expect("the bounds are the same");
        self.first_byte_us
            .add(other.first_byte_us)
            .expect("the bounds are the same");
    }
}

impl Round {
    /// Sends every request of the round.
    ///
    /// # Errors
    /// [`RunError`], for the first request without an answer. Answers that report an
    /// error are answers.
    pub async fn run(self, origin: Origin) -> Result<Tally, RunError> {
        self.first(self.plan.requests, origin).await
    }

    /// Sends the first requests of the round only.
    ///
    /// # Errors
    /// As for [`Round::run`].
    pub async fn first(
        self,
        requests: u64,
        origin: Origin,
    ) -> Result<Tally, RunError> {
        let next = Arc::new(AtomicU64::new(0));
        let mut senders = JoinSet::new();
        for _ in 0..self.concurrency {
            senders.spawn(self.send(requests, origin, Arc::clone(&next)));
        }
        let mut tally = Tally::default();
        while let Some(sender) = senders.join_next().await {
            match sender {
                Ok(part) => tally.merge(part?),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        Ok(tally)
    }

    /// Takes one request after the other until none is left.
    async fn send(
        self,
        requests: u64,
        origin: Origin,
        next: Arc<AtomicU64>,
    ) -> Result<Tally, RunError> {
        let round = self.number;
        let connect = |source| RunError::Connect { round, source };
        let mut connection = Connection::open(origin).await.map_err(connect)?;
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= requests {
                return Ok(tally);
            }
            let request = self.plan.request(round, number);
            let name = format!("{} {}", request.method, request.path);
            let manner = self.plan.manner();
            let answer = taken(&mut connection, request, (round, number), manner);
            let answer = match tokio::time::timeout(ANSWER_WITHIN, answer).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(source)) => {
                    return Err(RunError::Request {
                        round,
                        number,
                        request: name,
                        source,
                    });
                }
                Err(_) => {
                    return Err(RunError::Late { round, number, request: name });
                }
            };
            if answer.closes {
                connection = Connection::open(origin).await.map_err(connect)?;
            }
            self.record(&mut tally, number, &answer, name);
        }
    }

    fn record(&self, tally: &mut Tally, number: u64, answer: &Answer, name: String) {
        // The warm-up may have more requests than a round; nobody compares its parts.
        let part = (number * PARTS / self.plan.requests).min(PARTS - 1);
        tally.parts[part as usize].add(answer.digest);
        tally.body_bytes += answer.body_bytes;
        tally.refused += u64::from(answer.refused);
        tally.abandoned += u64::from(answer.abandoned);
        if answer.status >= StatusCode::BAD_REQUEST {
            tally.errors += 1;
            tally.first_error.get_or_insert(format!("{} for {name}", answer.status));
        }
        tally.latency_us.saturating_record(answer.whole.as_micros() as u64);
        tally.first_byte_us.saturating_record(answer.first_byte.as_micros() as u64);
    }
}

struct Answer {
    status: StatusCode,
    refused: bool,
    abandoned: bool,
    closes: bool,
    digest: Digest,
    body_bytes: u64,
    first_byte: Duration,
    whole: Duration,
}

/// Sends a request and takes its answer in this manner.
async fn taken(
    connection: &mut Connection,
    request: Request,
    ids: (u64, u64),
    manner: Manner,
) -> Result<Answer, HttpError> {
    let began = Instant::now();
    match manner {
        Manner::Waits => exchange(connection, request, ids, false).await,
        Manner::LeavesEarly => exchange(connection, request, ids, true).await,
        Manner::GivesUpAfter(patience) => {
            let answer = exchange(connection, request, ids, false);
            match tokio::time::timeout(patience, answer).await {
                Ok(answer) => answer,
                Err(_) => Ok(Answer::abandoned(ids, began.elapsed())),
            }
        }
    }
}

/// What names an answer in a digest, before anything of the answer itself.
fn hash_of((round, number): (u64, u64)) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(round.to_le_bytes());
    hash.update(number.to_le_bytes());
    hash
}

impl Answer {
    /// Stands for the answer that a client did not wait for.
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

/// Sends a request and reads its answer to the end, or to the first bytes of its body,
/// keeping only a hash of its round and number, status, content type and body.
async fn exchange(
    connection: &mut Connection,
    request: Request,
    ids: (u64, u64),
    leave_early: bool,
) -> Result<Answer, HttpError> {
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
    Ok(Answer {
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
