//! Faults that need a whole answer: a body that is slow or cut, a batch that is
//! handed back in part.

use super::answer::{self, Then};
use super::batch;
use super::connection::{Connection, End, Request, go_on};
use super::head::edited;
use bytes::Bytes;
use model::FaultAction;
use std::future::pending;

/// What changes with a request's body.
const REQUEST_FIELDS: &[&str] = &[
    "content-length",
    "transfer-encoding",
    // The answer must be readable.
    "accept-encoding",
];
/// What changes with an answer's body. Without a checksum none is checked.
const REPLY_FIELDS: &[&str] =
    &["content-length", "transfer-encoding", "x-amz-crc32"];

impl Connection {
    /// Gets the whole answer from the engine and delivers it badly.
    pub(super) async fn spoil(
        &mut self,
        request: &Request,
        action: FaultAction,
    ) -> Result<(), End> {
        let reply = self.whole(request).await?;
        let (head, all) = (reply.head.length, reply.bytes);
        // The last byte never comes, or a short body would be whole.
        let part = |bytes: usize| {
            let most = all.len().saturating_sub(1);
            all.slice(..head.saturating_add(bytes).min(most))
        };
        match action {
            FaultAction::SlowBody { bytes, ms } => {
                self.answer(&all[..head]).await?;
                for piece in all[head..].chunks(bytes.max(1)) {
                    self.answer(piece).await?;
                    self.pause(ms).await?;
                }
                go_on(reply.head.closes)
            }
            FaultAction::StallBody { bytes } => {
                self.answer(&part(bytes)).await?;
                self.hold(pending()).await
            }
            FaultAction::ResetBody { bytes } => {
                self.answer(&part(bytes)).await?;
                Err(End::Reset)
            }
            FaultAction::CutBody { bytes } => {
                self.answer(&part(bytes)).await?;
                Err(End::Close)
            }
            FaultAction::Delay { .. }
            | FaultAction::Silence
            | FaultAction::Reset
            | FaultAction::Error { .. }
            | FaultAction::Unprocessed { .. } => {
                self.answer(&all).await?;
                go_on(reply.head.closes)
            }
        }
    }

    /// Passes part of a batch on and hands the rest back.
    pub(super) async fn pass_part(
        &mut self,
        request: &Request,
        percent: u8,
    ) -> Result<(), End> {
        let operation = request.head.operation;
        let content = request.content();
        let Some(mut split) = batch::split(operation, &content, percent) else {
            return self.pass(request).await;
        };
        self.shared.fault(operation);
        let Some(passed) = split.passed.take() else {
            let (id, closes) = (self.shared.request_id(), request.head.closes);
            let text = answer::json(200, &split.whole(), &id, Then::closes(closes));
            self.answer(&text).await?;
            return go_on(closes);
        };
        let reply = self.whole(&request.with_body(&passed)).await?;
        if reply.head.status != 200 {
            self.answer(&reply.bytes).await?;
            return go_on(reply.head.closes);
        }
        let Some(merged) = split.merge(&reply.content) else {
            return Err(End::BadGateway("it is no JSON".to_owned()));
        };
        let head = &reply.bytes[..reply.head.length];
        let mut text = edited(head, REPLY_FIELDS, Some(merged.len()));
        text.extend_from_slice(&merged);
        self.answer(&text).await?;
        go_on(reply.head.closes)
    }
}

impl Request {
    /// The same request with another body.
    fn with_body(&self, body: &[u8]) -> Self {
        let head =
            edited(&self.bytes[..self.body], REQUEST_FIELDS, Some(body.len()));
        let bytes = Bytes::from([head.as_slice(), body].concat());
        Self { bytes, body: head.len(), head: self.head }
    }
}
