//! One connection of a client: its requests, one after the other, and what becomes of
//! each.

use super::answer::{self, Then};
use super::framing::Framing;
use super::head::{HEAD_BYTES_MAX, Malformed, RequestHead, edited};
use super::pipe::Pipe;
use super::shared::Shared;
use bytes::{Bytes, BytesMut};
use model::FaultAction;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Twice what DynamoDB takes, so that it is the engine that refuses.
const BODY_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A client, and the engine behind it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Pipe,
    /// Opened with the first request that is passed on.
    pub(super) upstream: Option<Pipe>,
    pub(super) shared: Arc<Shared>,
}

/// A request that has come whole.
#[derive(Debug)]
pub(super) struct Request {
    /// Head and body as they will be passed on.
    pub(super) bytes: Bytes,
    /// Where the body begins.
    pub(super) body: usize,
    /// What the head says.
    pub(super) head: RequestHead,
}

/// How a connection ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// In order.
    Close,
    /// With a reset.
    Reset,
    /// The client sent what cannot be passed on, and is told.
    Refuse(Malformed),
    /// The engine cannot be asked, and the client is told.
    BadGateway(String),
}

impl Request {
    /// What the body carries.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut content = Vec::new();
        let mut framing = self.head.framing;
        // It was read to its end before, so nothing is wrong with it.
        let _ = framing.take(&self.bytes[self.body..], |b| content.extend(b));
        content
    }
}

impl Connection {
    pub(super) fn new(client: TcpStream, shared: Arc<Shared>) -> Self {
        Self { client: Pipe::new(client), upstream: None, shared }
    }

    /// Serves requests until one side ends.
    pub(super) async fn run(mut self) {
        let end = loop {
            if let Err(end) = self.exchange().await {
                break end;
            }
        };
        drop(self.upstream.take());
        let id = self.shared.request_id();
        let last = match end {
            End::Reset => return self.client.reset(),
            End::Close => Vec::new(),
            End::Refuse(wrong) => {
                let what = format!("the request cannot be passed on: {wrong}");
                answer::refusal(wrong.status(), &what, &id)
            }
            End::BadGateway(cause) => {
                let upstream = &self.shared.upstream;
                let what =
                    format!("no answer from the engine at {upstream}: {cause}");
                answer::refusal(502, &what, &id)
            }
        };
        // A client that is gone needs no answer.
        let _ = self.client.send(&last).await;
        self.client.finish().await;
    }

    async fn exchange(&mut self) -> Result<(), End> {
        let request = self.request().await?;
        let operation = request.head.operation;
        let Some(action) = self.shared.meet(operation) else {
            return self.pass(&request).await;
        };
        if !matches!(action, FaultAction::Unprocessed { .. }) {
            self.shared.fault(operation);
        }
        match action {
            FaultAction::Delay { ms } => {
                self.pause(ms).await?;
                self.pass(&request).await
            }
            FaultAction::Silence => self.hold(pending()).await,
            FaultAction::Reset => Err(End::Reset),
            FaultAction::Error { status, code } => {
                self.fail(&request, status, code).await
            }
            FaultAction::Unprocessed { share_percent } => {
                self.pass_part(&request, share_percent).await
            }
            FaultAction::SlowBody { .. }
            | FaultAction::StallBody { .. }
            | FaultAction::ResetBody { .. }
            | FaultAction::CutBody { .. } => self.spoil(&request, action).await,
        }
    }

    /// The next request, head and body.
    async fn request(&mut self) -> Result<Request, End> {
        let head = loop {
            match RequestHead::parse(&self.client.buffer) {
                Ok(Some(head)) => break head,
                Ok(None) => self.fill().await?,
                Err(wrong) => return Err(End::Refuse(wrong)),
            }
        };
        if matches!(head.framing, Framing::Length(l) if l > BODY_BYTES_MAX) {
            return Err(End::Refuse(Malformed::Body));
        }
        let mut bytes = self.client.buffer.split_to(head.length);
        let mut body = head.length;
        if head.expects {
            // It has its answer below, and the engine gets the whole request.
            bytes = BytesMut::from(edited(&bytes, &["expect"], None).as_slice());
            body = bytes.len();
        }
        let mut framing = head.framing;
        let mut told = !head.expects;
        loop {
            let used = framing.take(&self.client.buffer, |_| {});
            let used = used.map_err(|_| End::Refuse(Malformed::Chunk))?;
            bytes.unsplit(self.client.buffer.split_to(used));
            if framing.is_done() {
                return Ok(Request { bytes: bytes.freeze(), body, head });
            }
            if (bytes.len() - body) as u64 > BODY_BYTES_MAX {
                return Err(End::Refuse(Malformed::Body));
            }
            if !told {
                told = true;
                self.answer(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            self.fill().await?;
        }
    }

    /// Reads more of a request. An engine that closes an idle connection closes the
    /// client's with it, as it would without a proxy.
    async fn fill(&mut self) -> Result<(), End> {
        let Self { client, upstream, .. } = self;
        let read = match upstream {
            None => client.fill().await,
            Some(pipe) => tokio::select! {
                read = client.fill() => read,
                // Closed, or a word that nobody has asked for.
                _ = pipe.fill() => {
                    *upstream = None;
                    if client.buffer.is_empty() {
                        return Err(End::Close);
                    }
                    client.fill().await
                }
            },
        };
        match read {
            Ok(0) | Err(_) => Err(End::Close),
            Ok(_) => Ok(()),
        }
    }

    /// Waits, and notices when the client gives up meanwhile.
    pub(super) async fn hold(
        &mut self,
        until: impl Future<Output = ()>,
    ) -> Result<(), End> {
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = &mut until => return Ok(()),
                read = self.client.fill() => {
                    let gone = matches!(read, Ok(0) | Err(_));
                    // Nobody sends so much ahead; it would have no bound.
                    if gone || self.client.buffer.len() > HEAD_BYTES_MAX {
                        return Err(End::Close);
                    }
                }
            }
        }
    }

    /// The same for so many milliseconds.
    pub(super) async fn pause(&mut self, ms: u64) -> Result<(), End> {
        self.hold(tokio::time::sleep(Duration::from_millis(ms))).await
    }

    /// Sends to the client; an error says that it is gone.
    pub(super) async fn answer(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.client.send(bytes).await.map_err(|_| End::Close)
    }

    async fn fail(
        &mut self,
        request: &Request,
        status: u16,
        code: &str,
    ) -> Result<(), End> {
        let closes = request.head.closes;
        let id = self.shared.request_id();
        let error = answer::error(status, code, &id, Then::closes(closes));
        self.answer(&error).await?;
        go_on(closes)
    }
}

/// What follows an exchange.
pub(super) fn go_on(closes: bool) -> Result<(), End> {
    if closes { Err(End::Close) } else { Ok(()) }
}
