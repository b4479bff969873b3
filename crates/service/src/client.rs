//! One client: whose turn it is, and how much of what it sends is read.

use actix_web::dev::Payload;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How many bytes are read for a handler that does not ask for them, and the longest
/// head of a request. actix by itself reads 128 KiB, into a buffer of 256 KiB.
pub(crate) const READ_AHEAD: usize = 16 << 10;

/// How many bytes are read before actix looks for a head in them. It decodes all requests
/// that it has, and each takes 7 KB until it is served.
const HEAD_PART: usize = 1 << 10;

/// One client, as its connection, its requests and the sweep see it.
pub(crate) struct Client {
    /// Since when the service waits for this client; `None` while it works for it.
    pub(crate) waiting: Cell<Option<Instant>>,
    /// Whether a whole head of a request has arrived.
    pub(crate) known: Cell<bool>,
    /// Whether the connection is to end.
    pub(crate) given_up: Cell<bool>,
    /// Whether the service waits for something that the client sends.
    pub(crate) reading: Cell<bool>,
    /// Whether a part of an answer is not yet given to the system.
    pub(crate) unsent: Cell<bool>,
    /// Whether a read or the next request waits until it is.
    pub(crate) held: Cell<bool>,
    /// Bytes that were read since the service last waited.
    pub(crate) ahead: Cell<usize>,
    /// Whether it has begun to wait since the last read.
    pub(crate) rests: Cell<bool>,
    /// How many there may be before actix looks at them or the handler asks for more.
    pub(crate) ahead_max: Cell<usize>,
    /// Whether the head of a request is still to come.
    pub(crate) headless: Cell<bool>,
    /// The task that serves the connection, if it sleeps.
    pub(crate) task: RefCell<Option<Waker>>,
    /// The body of a request that ended in an error.
    pub(crate) unread: RefCell<Option<Rc<RefCell<Payload>>>>,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self {
            waiting: Cell::new(Some(Instant::now())),
            known: Cell::new(false),
            given_up: Cell::new(false),
            reading: Cell::new(true),
            unsent: Cell::new(false),
            held: Cell::new(false),
            ahead: Cell::new(0),
            rests: Cell::new(true),
            ahead_max: Cell::new(HEAD_PART),
            headless: Cell::new(true),
            task: RefCell::default(),
            unread: RefCell::default(),
        }
    }

    /// A request has arrived, and the system has all earlier answers. actix would serve
    /// what a client sends whether or not it takes the answers, and keep them in memory.
    pub(crate) async fn begin(&self) {
        self.known.set(true);
        self.headless.set(false);
        self.unread.take();
        self.works();
        // The task of the connection polls this, and writing wakes that task.
        poll_fn(|_| if self.is_held() { Poll::Pending } else { Poll::Ready(()) })
            .await;
        self.works();
    }

    /// Whether the read buffer can have grown beyond its first 8 KiB. actix enlarges it
    /// when less than 1 KiB is free (`h1/dispatcher.rs`, `LW_BUFFER_SIZE`), and an earlier
    /// request may have left bytes in it.
    pub(crate) fn has_read_ahead(&self) -> bool {
        self.ahead.get() > 4_096
    }

    /// A request is being served, or its answer has something to send.
    pub(crate) fn works(&self) {
        self.waiting.set(None);
        self.reading.set(false);
    }

    /// Whether the client is read and served when it has taken more.
    pub(crate) fn is_held(&self) -> bool {
        self.held.set(self.unsent.get());
        self.held.get()
    }

    /// Whether actix or the handler goes first. If the service waits for more, the limit
    /// is raised for the next read.
    pub(crate) fn reads_no_further(&self) -> bool {
        // actix works again at once if it has decoded another request.
        if self.reading.get() && self.rests.replace(false) {
            self.ahead.set(0);
            self.ahead_max.set(self.part());
        }
        let full = self.ahead.get() >= self.ahead_max.get();
        if full && self.reading.get() {
            if !self.headless.get() {
                self.ahead.set(0);
            }
            self.ahead_max.set(self.ahead.get() + self.part());
        }
        full
    }

    fn part(&self) -> usize {
        if self.headless.get() { HEAD_PART } else { READ_AHEAD }
    }

    /// Keeps what a client has not sent to its end until its next request.
    pub(crate) fn keep(&self, unread: Rc<RefCell<Payload>>) {
        self.unread.replace(Some(unread));
    }

    /// A request has been answered. If the client has not sent all of it, actix discards
    /// the rest for a moment, and closes the connection.
    pub(crate) fn end(&self, whole: bool) {
        self.headless.set(whole);
        self.unsent.set(true);
        self.waits(Duration::ZERO);
    }

    /// The client has to send something, and is this far behind already.
    pub(crate) fn waits(&self, behind: Duration) {
        self.reading.set(true);
        self.rests.set(true);
        self.stalls(behind);
        if self.ahead.get() >= self.ahead_max.get() {
            self.wake();
        }
    }

    /// The client has to send or to take something.
    pub(crate) fn stalls(&self, behind: Duration) {
        if self.waiting.get().is_none() {
            let now = Instant::now();
            self.waiting.set(Some(now.checked_sub(behind).unwrap_or(now)));
        }
    }

    /// The client has taken something, and the service still waits for it.
    pub(crate) fn moves(&self) {
        if self.waiting.get().is_some() {
            self.waiting.set(Some(Instant::now()));
        }
    }

    /// Wakes the task, which finds that the connection is to end.
    pub(crate) fn give_up(&self) {
        self.given_up.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }

    pub(crate) fn sleeps(&self, context: &Context<'_>) {
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            *task = Some(context.waker().clone());
        }
    }
}
