//! HTTP/1.1 over connections that the caller opens and closes. A connection pool would
//! open and close connections at times of its own, which is noise in the heap of the
//! service.

use crate::request::Request;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A request without a response after this time fails its round.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// A service's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(pub SocketAddr);

/// What a client does once its request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientBehavior {
    /// Reads the response to its end.
    Reads,
    /// Reads the first bytes of the body and closes the connection.
    Leaves,
    /// Closes the connection when no complete response has come by then.
    GivesUpAfter(Duration),
}

/// Why a request has no response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection.
    #[error("cannot connect")]
    Connect(#[source] std::io::Error),
    /// The connection broke, or the response is not HTTP.
    #[error("no complete response")]
    Exchange(#[from] hyper::Error),
    /// The response did not come, or did not end.
    #[error("no complete response within {} s", RESPONSE_TIMEOUT.as_secs())]
    Timeout,
    /// A request that HTTP cannot carry.
    #[error("not a valid request")]
    Request(#[from] hyper::http::Error),
}

/// One connection. Dropping it closes the socket.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    host: String,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// [`HttpError::Connect`].
    pub async fn open(origin: Origin) -> Result<Self, HttpError> {
        let stream =
            TcpStream::connect(origin.0).await.map_err(HttpError::Connect)?;
        stream.set_nodelay(true).map_err(HttpError::Connect)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(async move {
            // The error also reaches the request that waits for a response.
            let _ = connection.await;
        });
        Ok(Self { sender, driver, host: origin.0.to_string() })
    }

    /// Sends a request and returns the head of the response. Read its body to the end
    /// before you send the next request.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn send(
        &mut self,
        request: Request,
    ) -> Result<hyper::Response<Incoming>, HttpError> {
        let mut builder =
            hyper::Request::builder().method(&*request.method).uri(request.path);
        for (name, value) in request.headers {
            builder = builder.header(&*name, value);
        }
        if !builder.headers_ref().is_some_and(|headers| headers.contains_key(HOST)) {
            builder = builder.header(HOST, &self.host);
        }
        let request = builder.body(Full::new(Bytes::from(request.body)))?;
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
