//! One connection of a client, and the connection to the endpoint that belongs to it.
//!
//! Each client has one connection to the endpoint, which opens with the first request
//! and closes with the client's, and the other way round. So the engine's connection
//! handling stays visible.

use super::response::{self, Body};
use super::rules::Rules;
use crate::fault::FaultAction;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Twice what DynamoDB accepts, so that the engine is what refuses a large request.
const REQUEST_BYTES_MAX: usize = 32 * 1024 * 1024;

type AnyError = Box<dyn Error + Send + Sync>;

/// What the connections share.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Its host and port.
    pub(super) authority: String,
    pub(super) rules: Arc<Rules>,
    /// Counts the tasks of the proxy.
    pub(super) tasks: TaskTracker,
}

/// A client's connection to the endpoint.
#[derive(Debug)]
struct Upstream {
    endpoint: Arc<Endpoint>,
    /// HTTP/1.1 sends one request at a time, so nobody waits for this lock.
    sender: Mutex<Option<SendRequest<Full<Bytes>>>>,
    closed: CancellationToken,
}

/// Serves a client until one side closes.
pub(super) async fn serve(client: TcpStream, endpoint: Arc<Endpoint>) {
    // Only latency suffers where the system refuses.
    let _ = client.set_nodelay(true);
    let (sender, closed) = (Mutex::new(None), CancellationToken::new());
    let upstream = Upstream { endpoint, sender, closed };
    let exchange = service_fn(|request| upstream.exchange(request));
    let mut connection = pin!(
        http1::Builder::new()
            .auto_date_header(false)
            .serve_connection(TokioIo::new(client), exchange)
    );
    // An error says that one side has left, so there is nobody to tell.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = upstream.closed.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

impl Upstream {
    /// Reads a request whole, then applies a fault or forwards it. hyper drops this
    /// future when the client leaves. An error closes the client's connection.
    async fn exchange(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, AnyError> {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, REQUEST_BYTES_MAX).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let message = format!("larger than {REQUEST_BYTES_MAX} bytes");
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Ok(response::refusal(status, &message));
            }
            Err(error) => return Err(error),
        };
        match self.endpoint.rules.apply(operation_of(&head.headers)) {
            Some(FaultAction::Delay { ms }) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            Some(FaultAction::Silence) => pending().await,
            Some(FaultAction::Error { status, code }) => {
                return Ok(response::error(status, code));
            }
            None => {}
        }
        self.forward(Request::from_parts(head, Full::new(body))).await
    }

    async fn forward(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, AnyError> {
        let mut sender = self.sender.lock().await;
        let sender = match &mut *sender {
            Some(sender) => sender,
            empty => match self.connect().await {
                Ok(opened) => empty.insert(opened),
                Err(error) => {
                    let authority = &self.endpoint.authority;
                    let message = format!("no engine at {authority}: {error}");
                    return Ok(response::refusal(StatusCode::BAD_GATEWAY, &message));
                }
            },
        };
        Ok(sender.send_request(request).await?.map(Either::Left))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, AnyError> {
        let stream = TcpStream::connect(&self.endpoint.authority).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let closed = self.closed.clone().drop_guard();
        self.endpoint.tasks.spawn(async move {
            // A request under way gets the error, too.
            let _ = connection.await;
            drop(closed);
        });
        Ok(sender)
    }
}

/// `X-Amz-Target: DynamoDB_20120810.GetItem` names the operation.
fn operation_of(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    target.and_then(|target| target.rsplit('.').next()).unwrap_or_default()
}
