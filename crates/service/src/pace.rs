//! The time that a request takes: the client's for its body, the handler's for its answer.
//!
//! Both are measured apart. A client that sends slowly is not excused by a slow database,
//! and a large import must not fail because the database takes its time.

use crate::Limits;
use crate::client::Client;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::rt::time::{Instant, sleep_until};
use actix_web::web::Bytes;
use futures_util::Stream;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Whose turn it is, and since when.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Client(Instant),
    Handler(Instant),
}

/// The times of one request.
pub(crate) struct Pace {
    turn: Cell<Turn>,
    /// Bytes of the body that the handler has taken.
    taken: Cell<usize>,
    /// How long the handler has waited for them.
    waited: Cell<Duration>,
    /// Whether the client has lost its time.
    too_slow: Cell<bool>,
    /// Whether the whole body has arrived.
    whole: Cell<bool>,
    answer_deadline: Duration,
    idle_max: Duration,
    bytes_per_second: usize,
    bytes_max: usize,
    client: Option<Rc<Client>>,
}

impl Pace {
    pub(crate) fn new(limits: &Limits, client: Option<Rc<Client>>) -> Self {
        Self {
            turn: Cell::new(Turn::Handler(Instant::now())),
            taken: Cell::default(),
            waited: Cell::default(),
            too_slow: Cell::default(),
            whole: Cell::default(),
            answer_deadline: Duration::from_millis(limits.answer_deadline_ms),
            idle_max: Duration::from_millis(limits.client_idle_ms),
            bytes_per_second: limits.body_rate_min,
            bytes_max: limits.import_bytes_max,
            client,
        }
    }

    /// Runs a handler until it answers, or until the answer deadline has passed since it
    /// took the last part of the body. If the client is too slow, the body ends with an
    /// error, so that the handler can answer.
    pub(crate) async fn limit<T>(
        &self,
        mut handler: Pin<&mut impl Future<Output = T>>,
    ) -> Option<T> {
        let mut timer = pin!(sleep_until(self.due()));
        poll_fn(|context| {
            loop {
                if let Poll::Ready(answer) = handler.as_mut().poll(context) {
                    return Poll::Ready(Some(answer));
                }
                if timer.deadline() != self.due() {
                    timer.as_mut().reset(self.due());
                }
                ready!(timer.as_mut().poll(context));
                match self.turn.get() {
                    Turn::Client(_) => {
                        self.too_slow.set(true);
                        self.hand_over(Turn::Handler);
                    }
                    Turn::Handler(_) => return Poll::Ready(None),
                }
            }
        })
        .await
    }

    /// When the time of the client or of the handler ends. A client may pause for the idle
    /// limit, and must send at the minimum rate on average.
    fn due(&self) -> Instant {
        match self.turn.get() {
            Turn::Handler(since) => since + self.answer_deadline,
            Turn::Client(since) => {
                since + self.idle_max.saturating_sub(self.behind())
            }
        }
    }

    /// How much longer than allowed the client has taken for what it has sent.
    fn behind(&self) -> Duration {
        let seconds = self.taken.get() / self.bytes_per_second;
        self.waited.get().saturating_sub(Duration::from_secs(seconds as u64))
    }

    /// Whether the connection was closed for others.
    fn is_given_up(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.given_up.get())
    }

    /// Whether the handler has read the body to its end.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole.get()
    }

    fn hand_over(&self, to: impl Fn(Instant) -> Turn) {
        let now = Instant::now();
        if let Turn::Client(since) = self.turn.replace(to(now)) {
            self.waited.set(self.waited.get() + (now - since));
        }
        if let Some(client) = &self.client {
            match self.turn.get() {
                Turn::Client(_) => client.waits(self.behind()),
                Turn::Handler(_) => client.works(),
            }
        }
    }
}

/// Largest part of a body that the handler takes at a time. For each part it has the
/// whole time of an answer, so an import must not be given too much at once.
const PART_BYTES: usize = 8_192;

/// A request's body on its way to the handler.
pub(crate) struct Incoming {
    payload: Rc<RefCell<Payload>>,
    /// What has arrived of a larger part.
    rest: Bytes,
    pace: Rc<Pace>,
}

impl Incoming {
    pub(crate) fn new(payload: Rc<RefCell<Payload>>, pace: Rc<Pace>) -> Self {
        Self { payload, rest: Bytes::new(), pace }
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        let Self { payload, rest, pace } = &mut *self;
        let too_slow = || {
            let error = io::Error::from(io::ErrorKind::TimedOut);
            Poll::Ready(Some(Err(PayloadError::Io(error))))
        };
        if pace.too_slow.get() {
            return too_slow();
        }
        if rest.is_empty() {
            let next = Pin::new(&mut *payload.borrow_mut()).poll_next(context);
            match (next, pace.turn.get()) {
                (Poll::Pending, turn) => {
                    if matches!(turn, Turn::Handler(_)) {
                        pace.hand_over(Turn::Client);
                    }
                    return Poll::Pending;
                }
                (Poll::Ready(Some(Ok(bytes))), _) => *rest = bytes,
                (Poll::Ready(end), _) => {
                    pace.hand_over(Turn::Handler);
                    pace.whole.set(end.is_none());
                    let error = end.is_some() && pace.is_given_up();
                    return if error { too_slow() } else { Poll::Ready(end) };
                }
            }
        }
        pace.hand_over(Turn::Handler);
        let part = rest.split_to(rest.len().min(PART_BYTES));
        pace.taken.set(pace.taken.get() + part.len());
        let too_large = pace.taken.get() > pace.bytes_max;
        Poll::Ready(Some(if too_large {
            Err(PayloadError::Overflow)
        } else {
            Ok(part)
        }))
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.pace.hand_over(Turn::Handler);
    }
}
