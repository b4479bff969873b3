//! The engine's side of an exchange: asking it, and passing on what it answers.

use super::connection::{Connection, End, Request, go_on};
use super::framing::Framing;
use super::head::{HEAD_BYTES_MAX, ReplyHead};
use super::pipe::{Pipe, READ_BYTES};
use bytes::Bytes;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Twice the largest answer, in JSON with all its quotes, for the faults that need it
/// whole.
const REPLY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An answer that has come whole.
#[derive(Debug)]
pub(super) struct Reply {
    /// Head and body as they came.
    pub(super) bytes: Bytes,
    /// What the head says; its `length` is where the body begins.
    pub(super) head: ReplyHead,
    /// What the body carries.
    pub(super) content: Vec<u8>,
}

impl Connection {
    /// Passes a request on, and its answer back as it comes.
    pub(super) async fn pass(&mut self, request: &Request) -> Result<(), End> {
        let mut reply = self.ask(request).await?;
        let mut ready = reply.length;
        loop {
            let (bytes, done) = self.taken(&mut reply.framing, ready, |_| {})?;
            self.answer(&bytes).await?;
            ready = 0;
            if done {
                return go_on(reply.closes || request.head.closes);
            }
            // However the engine ends, its client is to see.
            match self.fill_reply().await {
                Ok(0) => return Err(End::Close),
                Err(_) => return Err(End::Reset),
                Ok(_) => {}
            }
        }
    }

    /// Passes a request on, and waits for all of its answer.
    pub(super) async fn whole(&mut self, request: &Request) -> Result<Reply, End> {
        let mut head = self.ask(request).await?;
        let (mut bytes, mut content) = (Vec::new(), Vec::new());
        let mut ready = head.length;
        loop {
            let keep = |data: &[u8]| content.extend_from_slice(data);
            let (taken, done) = self.taken(&mut head.framing, ready, keep)?;
            bytes.extend_from_slice(&taken);
            ready = 0;
            if bytes.len() > REPLY_BYTES_MAX {
                let text = format!("it is longer than {REPLY_BYTES_MAX} bytes");
                return Err(End::BadGateway(text));
            }
            let ended = !done && self.fill_reply().await.map_err(bad)? == 0;
            if ended && head.framing != Framing::UntilClose {
                return Err(End::BadGateway("it ends too early".to_owned()));
            }
            if done || ended {
                head.closes |= request.head.closes;
                return Ok(Reply { bytes: bytes.into(), head, content });
            }
        }
    }

    /// What has come of the answer, `ready` bytes of its head and then its body, and
    /// whether that is all.
    fn taken(
        &mut self,
        framing: &mut Framing,
        ready: usize,
        content: impl FnMut(&[u8]),
    ) -> Result<(Bytes, bool), End> {
        let upstream = self.upstream.as_mut().ok_or(End::Close)?;
        // An answer that is no HTTP any more ends where it stops to be.
        let used = framing.take(&upstream.buffer[ready..], content);
        let used = used.map_err(|_| End::Close)?;
        let bytes = upstream.buffer.split_to(ready + used).freeze();
        Ok((bytes, framing.is_done()))
    }

    /// Sends a request and waits for the head of its answer. What comes before it,
    /// such as 103, is passed on.
    async fn ask(&mut self, request: &Request) -> Result<ReplyHead, End> {
        if self.upstream.is_none() {
            let stream = TcpStream::connect(&self.shared.upstream).await;
            self.upstream = Some(Pipe::new(stream.map_err(bad)?));
        }
        let upstream = self.upstream.as_mut().ok_or(End::Close)?;
        let is_head = request.head.is_head;
        let sent = send(upstream, &request.bytes, is_head).await;
        loop {
            let upstream = self.upstream.as_mut().ok_or(End::Close)?;
            match ReplyHead::parse(&upstream.buffer, is_head) {
                Ok(Some(head)) if head.status == 101 => {
                    return Err(End::BadGateway("it leaves HTTP".to_owned()));
                }
                Ok(Some(head)) if head.status < 200 => {
                    let interim = upstream.buffer.split_to(head.length);
                    self.answer(&interim).await?;
                }
                // Half a request in the pipe would be taken for the next one.
                Ok(Some(mut head)) => {
                    head.closes |= !sent;
                    return Ok(head);
                }
                Ok(None) => {
                    if self.fill_reply().await.map_err(bad)? == 0 {
                        // An engine may end with its client, without a word.
                        if !self.client.open {
                            return Err(End::Close);
                        }
                        let text = "it closed the connection".to_owned();
                        return Err(End::BadGateway(text));
                    }
                }
                Err(wrong) => return Err(End::BadGateway(wrong.to_string())),
            }
        }
    }

    /// Reads more of an answer. A client that has finished sending is passed on as
    /// such, and the engine decides whether it answers then.
    async fn fill_reply(&mut self) -> io::Result<usize> {
        let Self { client, upstream, .. } = self;
        let upstream = upstream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        loop {
            let listens = client.open && client.buffer.len() < HEAD_BYTES_MAX;
            tokio::select! {
                read = upstream.fill() => return read,
                read = client.fill(), if listens => {
                    if read? == 0 {
                        upstream.stream.shutdown().await?;
                    }
                }
            }
        }
    }
}

/// Sends a request while listening: an engine that refuses a large one answers before
/// it has read it. Whether all of it was sent.
async fn send(upstream: &mut Pipe, bytes: &[u8], is_head: bool) -> bool {
    let (mut read, mut write) = upstream.stream.split();
    let sending = write.write_all(bytes);
    tokio::pin!(sending);
    loop {
        upstream.buffer.reserve(READ_BYTES);
        tokio::select! {
            biased;
            sent = &mut sending => return sent.is_ok(),
            read = read.read_buf(&mut upstream.buffer) => {
                let head = ReplyHead::parse(&upstream.buffer, is_head);
                let waits = matches!(head, Ok(None))
                    || matches!(head, Ok(Some(head)) if head.status < 200);
                if matches!(read, Ok(0) | Err(_)) || !waits {
                    return false;
                }
            }
        }
    }
}

fn bad(error: io::Error) -> End {
    End::BadGateway(error.to_string())
}
