//! One exchange: a request, and as much of its response as its client reads.

use crate::client::{ClientBehavior, Connection, HttpError};
use crate::digest::Digest;
use crate::request::Request;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// What came back for a request.
pub(crate) struct Response {
    /// `None` where its client did not wait for it.
    pub(crate) status: Option<StatusCode>,
    pub(crate) refused: bool,
    pub(crate) closes: bool,
    pub(crate) digest: Digest,
    pub(crate) first_byte: Duration,
    pub(crate) whole: Duration,
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
    pub(crate) fn abandoned(ids: (u64, u64), waited: Duration) -> Self {
        Self {
            status: None,
            refused: false,
            closes: true,
            digest: Digest::of(hash_of(ids)),
            first_byte: waited,
            whole: waited,
        }
    }
}

/// Sends a request and reads as much of its response as this client does. Keeps a hash of
/// round, number, status, content type and body.
pub(crate) async fn exchange(
    connection: &mut Connection,
    request: Request,
    ids: (u64, u64),
    client: ClientBehavior,
) -> Result<Response, HttpError> {
    let began = Instant::now();
    let leaves = client == ClientBehavior::Leaves;
    let sent = connection.send(request);
    let mut response = match client {
        ClientBehavior::DoesNotRead(stay) => match timeout(stay, sent).await {
            Ok(response) => response?,
            Err(_) => return Ok(Response::abandoned(ids, stay)),
        },
        _ => sent.await?,
    };
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
    let mut reads = true;
    if let ClientBehavior::DoesNotRead(stay) = client {
        sleep(stay.saturating_sub(began.elapsed())).await;
        reads = false;
    }
    while reads && let Some(frame) = response.body_mut().frame().await {
        if let Ok(data) = frame?.into_data() {
            first_byte.get_or_insert_with(|| began.elapsed());
            hash.update(&data);
            if leaves {
                break;
            }
        }
    }
    let whole = began.elapsed();
    Ok(Response {
        status: Some(status),
        refused,
        closes: closes || leaves || !reads,
        digest: Digest::of(hash),
        first_byte: first_byte.unwrap_or(whole),
        whole,
    })
}
