//! The clients' connections of a worker, and which of them are closed for others.
//!
//! A connection costs a file and two buffers of 8 KiB and more, also while its client
//! does nothing. actix ends a client that sends no request within five seconds, and
//! otherwise accepts no more when it has as many as it may have: clients that do nothing
//! then keep everybody else out. So each worker knows for which connections it waits,
//! and closes the ones that have made it wait longest when it has many.

use crate::error::PROBLEM_JSON;
use actix_web::dev::Payload;
use actix_web::rt;
use actix_web::rt::net::TcpStream;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

/// Time between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_millis(100);

/// How many bytes are read for a handler that does not ask for them, and the longest
/// head of a request. actix by itself reads 128 KiB, into a buffer of 256 KiB.
const READ_AHEAD: usize = 16 << 10;

/// How many bytes are read before actix looks for a head in them. It decodes all requests
/// that it has, and each takes 7 KB until it is served.
const HEAD_PART: usize = 1 << 10;

/// How much later than its limits a connection is closed by the sweep.
const SWEEP_LATER: Duration = Duration::from_secs(1);

/// How long a waiting connection may stay when the service stops.
const STOPPING_MAX: Duration = Duration::from_secs(1);

/// One client, as its connection, its requests and the sweep see it.
pub(crate) struct Client {
    /// Since when the service waits for this client; `None` while it works for it.
    waiting: Cell<Option<Instant>>,
    /// Whether a whole head of a request has arrived.
    known: Cell<bool>,
    /// Whether the connection is to end.
    given_up: Cell<bool>,
    /// Whether the service waits for something that the client sends.
    reading: Cell<bool>,
    /// Whether a part of an answer is not yet given to the system.
    unsent: Cell<bool>,
    /// Whether a read or the next request waits until it is.
    held: Cell<bool>,
    /// Bytes that were read since the service last waited.
    ahead: Cell<usize>,
    /// Whether it has begun to wait since the last read.
    rests: Cell<bool>,
    /// How many there may be before actix looks at them or the handler asks for more.
    ahead_max: Cell<usize>,
    /// Whether the head of a request is still to come.
    headless: Cell<bool>,
    /// The task that serves the connection, if it sleeps.
    task: RefCell<Option<Waker>>,
    /// The body of a request that ended in an error.
    unread: RefCell<Option<Rc<RefCell<Payload>>>>,
}

impl Client {
    fn new() -> Self {
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
    fn is_held(&self) -> bool {
        self.held.set(self.unsent.get());
        self.held.get()
    }

    /// Whether actix or the handler goes first. If the service waits for more, the limit
    /// is raised for the next read.
    fn reads_no_further(&self) -> bool {
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
    fn stalls(&self, behind: Duration) {
        if self.waiting.get().is_none() {
            let now = Instant::now();
            self.waiting.set(Some(now.checked_sub(behind).unwrap_or(now)));
        }
    }

    /// The client has taken something, and the service still waits for it.
    fn moves(&self) {
        if self.waiting.get().is_some() {
            self.waiting.set(Some(Instant::now()));
        }
    }

    /// Wakes the task, which finds that the connection is to end.
    fn give_up(&self) {
        self.given_up.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }

    /// Whether the connection ends because the service waited too long.
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.get()
    }

    fn sleeps(&self, context: &Context<'_>) {
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            *task = Some(context.waker().clone());
        }
    }
}

/// All connections of a worker.
pub(crate) struct Connections {
    open: RefCell<HashMap<u64, Rc<Client>>>,
    accepted: Cell<u64>,
    sweeping: Cell<bool>,
    /// How many there may be before waiting ones are closed.
    crowd: usize,
    idle_max: Duration,
    stopping: CancellationToken,
}

impl Connections {
    pub(crate) fn new(
        connections_max: usize,
        idle_max: Duration,
        stopping: CancellationToken,
    ) -> Rc<Self> {
        Rc::new(Self {
            open: RefCell::default(),
            accepted: Cell::default(),
            sweeping: Cell::default(),
            crowd: connections_max / 4,
            idle_max,
            stopping,
        })
    }

    /// Watches over a connection until it is dropped.
    pub(crate) fn watch(self: &Rc<Self>, tcp: TcpStream) -> Connection {
        self.prepare(&tcp);
        let number = self.accepted.get();
        self.accepted.set(number + 1);
        let client = Rc::new(Client::new());
        self.open.borrow_mut().insert(number, Rc::clone(&client));
        if !self.sweeping.replace(true) {
            rt::spawn(Rc::clone(self).sweep());
        }
        Connection { tcp, client, number, connections: Rc::clone(self) }
    }

    /// Sets the options of a socket. One that does not take them has failed already.
    fn prepare(&self, tcp: &TcpStream) {
        // Otherwise each chunk of an answer waits for the client's delayed
        // acknowledgement, 40 ms.
        let _ = tcp.set_nodelay(true);
        // A peer that vanished acknowledges nothing. Without this the system repeats
        // what it sent for a quarter of an hour.
        #[cfg(target_os = "linux")]
        let _ =
            socket2::SockRef::from(tcp).set_tcp_user_timeout(Some(self.idle_max));
    }

    /// Closes connections that make the service wait, until there is none left.
    async fn sweep(self: Rc<Self>) {
        while !self.open.borrow().is_empty() {
            self.give_up_idle(Instant::now());
            rt::time::sleep(SWEEP_EVERY).await;
        }
        self.sweeping.set(false);
    }

    fn give_up_idle(&self, now: Instant) {
        let open = self.open.borrow();
        let stopping = self.stopping.is_cancelled();
        let crowded = open.len().saturating_sub(self.crowd);
        let mut waiting: Vec<_> = open
            .values()
            .filter(|client| !client.given_up.get())
            .filter_map(|client| Some((now - client.waiting.get()?, client)))
            .collect();
        // Normally a client has the time that the operator set. When there are too many
        // connections, it has a tenth of it, and a fiftieth before its first request: of
        // ten seconds, one second between two requests, and 200 ms in which an honest
        // client sends its first head. So a place is free within the second.
        waiting.retain(|(waited, client)| {
            let part = if client.known.get() { 10 } else { 50 };
            let patience = match () {
                () if stopping => STOPPING_MAX.min(self.idle_max),
                () if crowded > 0 => self.idle_max / part,
                // A slow body is answered before that.
                () => self.idle_max + SWEEP_LATER,
            };
            *waited >= patience
        });
        if crowded > 0 && !stopping {
            waiting.sort_by_key(|(waited, _)| std::cmp::Reverse(*waited));
            let overdue = waiting.partition_point(|(w, _)| *w >= self.idle_max);
            waiting.truncate(crowded.max(overdue));
        }
        for (_, client) in waiting {
            client.give_up();
        }
    }
}

/// A connection whose worker can end it.
pub(crate) struct Connection {
    tcp: TcpStream,
    client: Rc<Client>,
    number: u64,
    connections: Rc<Connections>,
}

impl Connection {
    pub(crate) fn client(&self) -> Rc<Client> {
        Rc::clone(&self.client)
    }

    /// Answers a head that is too long, which actix would go on reading.
    fn refuse_head(&self) -> Poll<io::Result<()>> {
        self.client.given_up.set(true);
        let problem = format!(
            "{{\"type\":\"about:blank\",\"title\":\"Request Header Fields Too Large\",\
             \"status\":431,\"detail\":\"a head may have {READ_AHEAD} bytes\"}}"
        );
        let answer = format!(
            "HTTP/1.1 431 Request Header Fields Too Large\r\n\
             connection: close\r\n\
             content-type: {PROBLEM_JSON}\r\n\
             content-length: {}\r\n\r\n{problem}",
            problem.len()
        );
        // A client that does not take it loses its connection anyway.
        let _ = self.tcp.try_write(answer.as_bytes());
        Poll::Ready(Ok(()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open.borrow_mut().remove(&self.number);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.client.given_up.get() {
            // As if the client had closed its sending side.
            return Poll::Ready(Ok(()));
        }
        if self.client.is_held() {
            self.client.sleeps(context);
            return Poll::Pending;
        }
        if self.client.reads_no_further() {
            self.client.sleeps(context);
            if self.client.headless.get() && self.client.ahead.get() > READ_AHEAD {
                return self.refuse_head();
            }
            if self.client.reading.get() {
                context.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        let most = self.client.ahead_max.get() - self.client.ahead.get();
        let most = most.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(most));
        let read = Pin::new(&mut self.tcp).poll_read(context, &mut part);
        let bytes = part.filled().len();
        buffer.advance(bytes);
        match read {
            Poll::Pending => self.client.sleeps(context),
            Poll::Ready(_) => self.client.ahead.update(|ahead| ahead + bytes),
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(context, bytes);
        match written {
            Poll::Pending if self.client.given_up.get() => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            Poll::Pending => {
                self.client.unsent.set(true);
                self.client.stalls(Duration::ZERO);
                self.client.sleeps(context);
            }
            Poll::Ready(_) => self.client.moves(),
        }
        written
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        // actix flushes when it has written all of its buffer.
        self.client.unsent.set(false);
        if self.client.held.replace(false) {
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
