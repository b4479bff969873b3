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
    /// Bytes that were read since the service last waited.
    ahead: Cell<usize>,
    /// Whether the head of a request is still to come.
    headless: Cell<bool>,
    /// Whether actix has looked for a head in these bytes.
    searched: Cell<bool>,
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
            ahead: Cell::new(0),
            headless: Cell::new(true),
            searched: Cell::new(false),
            task: RefCell::default(),
            unread: RefCell::default(),
        }
    }

    /// A request has arrived.
    pub(crate) fn begin(&self) {
        self.known.set(true);
        self.headless.set(false);
        self.searched.set(false);
        self.unread.take();
        self.works();
    }

    /// Whether the read buffer can have grown beyond its first 8 KiB.
    pub(crate) fn has_read_ahead(&self) -> bool {
        self.ahead.get() > 4_096
    }

    /// A request is being served, or its answer has something to send.
    pub(crate) fn works(&self) {
        self.waiting.set(None);
    }

    /// Keeps what a client has not sent to its end until its next request.
    pub(crate) fn keep(&self, unread: Rc<RefCell<Payload>>) {
        self.unread.replace(Some(unread));
    }

    /// A request has been answered. If the client has not sent all of it, actix discards
    /// the rest for a moment, and closes the connection.
    pub(crate) fn end(&self, whole: bool) {
        self.headless.set(whole);
        self.waits(Duration::ZERO);
    }

    /// The client has to send or to take something, and is this far behind already.
    pub(crate) fn waits(&self, behind: Duration) {
        if self.waiting.get().is_none() {
            let now = Instant::now();
            self.waiting.set(Some(now.checked_sub(behind).unwrap_or(now)));
        }
        if self.ahead.take() >= READ_AHEAD {
            self.wake();
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
        // Without need, a client has the time that the operator set. When there are too
        // many, it has a tenth of it, and a fiftieth before its first request.
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
        let ahead = self.client.ahead.get();
        if ahead >= READ_AHEAD {
            // The handler goes first, or the search for a head. If the service waits
            // already, this comes back at once.
            self.client.sleeps(context);
            if self.client.headless.get() {
                if self.client.searched.replace(true) {
                    return self.refuse_head();
                }
                context.waker().wake_by_ref();
            } else if self.client.waiting.get().is_some() {
                self.client.ahead.set(0);
                context.waker().wake_by_ref();
            }
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(context, buffer);
        match read {
            Poll::Pending => self.client.sleeps(context),
            Poll::Ready(_) => {
                self.client.ahead.set(ahead + buffer.filled().len() - before);
            }
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
                self.client.waits(Duration::ZERO);
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
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
