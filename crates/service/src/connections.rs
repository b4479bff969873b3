//! The clients' connections of a worker, and which of them are closed for others.
//!
//! A connection costs a file and two buffers of 8 KiB and more, also while its client
//! does nothing. actix ends a client that sends no request within five seconds, and
//! otherwise accepts no more when it has as many as it may have: clients that do nothing
//! then keep everybody else out. So each worker knows for which connections it waits,
//! and closes the ones that have made it wait longest when it has many.

use crate::client::{Client, READ_AHEAD};
use crate::error::PROBLEM_JSON;
use actix_web::rt;
use actix_web::rt::net::TcpStream;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

/// Time between two sweeps.
const SWEEP_EVERY: Duration = Duration::from_millis(100);

/// How much later than its limits a connection is closed by the sweep.
const SWEEP_LATER: Duration = Duration::from_secs(1);

/// How long a waiting connection may stay when the service stops.
const STOPPING_MAX: Duration = Duration::from_secs(1);

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
    pub(crate) client: Rc<Client>,
    number: u64,
    connections: Rc<Connections>,
}

impl Connection {
    /// Answers in actix's place, and ends the connection.
    fn refuse(&self, status: &str, detail: &str) {
        self.client.given_up.set(true);
        let (code, title) = status.split_once(' ').unwrap_or((status, ""));
        let problem = format!(
            "{{\"type\":\"about:blank\",\"title\":\"{title}\",\
             \"status\":{code},\"detail\":\"{detail}\"}}"
        );
        let answer = format!(
            "HTTP/1.1 {status}\r\n\
             connection: close\r\n\
             content-type: {PROBLEM_JSON}\r\n\
             content-length: {}\r\n\r\n{problem}",
            problem.len()
        );
        // A client that does not take it loses its connection anyway.
        let _ = self.tcp.try_write(answer.as_bytes());
    }
}

/// What actix answers by itself, without a body, and what to say instead.
const WITHOUT_A_BODY: [(&str, &str); 2] = [
    ("400 Bad Request", "this is no request of HTTP/1.1"),
    ("408 Request Timeout", "the head of a request did not come in time"),
];

fn without_a_body(answer: &[u8]) -> Option<(&'static str, &'static str)> {
    let answer = answer.strip_prefix(b"HTTP/1.1 ")?;
    WITHOUT_A_BODY.into_iter().find(|(status, _)| {
        let headers = answer.strip_prefix(status.as_bytes());
        headers.is_some_and(|rest| rest.starts_with(b"\r\ncontent-length: 0\r\n"))
    })
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
                // actix would go on reading.
                let detail = format!("a head may have {READ_AHEAD} bytes");
                self.refuse("431 Request Header Fields Too Large", &detail);
                return Poll::Ready(Ok(()));
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
        if let Some((status, detail)) = without_a_body(bytes) {
            self.refuse(status, detail);
            return Poll::Ready(Ok(bytes.len()));
        }
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
