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
use socket2::SockRef;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A request without a response after this time fails its round.
pub(crate) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// A service's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(pub SocketAddr);

/// What a client does once its request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientBehavior {
    /// Reads the response to its end.
    #[default]
    Reads,
    /// Reads the first bytes of the body and closes the connection.
    Leaves,
    /// Closes the connection when no complete response has come by then.
    GivesUpAfter(Duration),
    /// Reads the head of the response and nothing more, stays connected for this time,
    /// and closes the connection.
    DoesNotRead(Duration),
}

/// What a client that does not read lets the service send on the way to it. Within one
/// machine Linux 6 takes 4.3 MB before the service must wait. With these limits, those of
/// a client behind Ethernet, it takes 74 KB.
const NARROW_SEGMENT: u32 = 1_460;
const NARROW_BUFFER: u32 = 4_096;

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
    pub async fn open(origin: Origin) -> Result<Self, HttpError> {
        let stream = TcpStream::connect(origin.0).await;
        Self::over(stream, origin).await
    }

    /// Connects with small buffers, for a client that does not read.
    pub async fn open_narrow(origin: Origin) -> Result<Self, HttpError> {
        let stream = async {
            let socket = match origin.0 {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            socket.set_recv_buffer_size(NARROW_BUFFER)?;
            SockRef::from(&socket).set_tcp_mss(NARROW_SEGMENT)?;
            socket.connect(origin.0).await
        };
        Self::over(stream.await, origin).await
    }

    async fn over(
        stream: std::io::Result<TcpStream>,
        origin: Origin,
    ) -> Result<Self, HttpError> {
        let stream = stream.map_err(HttpError::Connect)?;
        stream.set_nodelay(true).map_err(HttpError::Connect)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(async move {
            // The error also reaches the request that waits for a response.
            let _ = connection.await;
        });
        Ok(Self { sender, driver, host: origin.0.to_string() })
    }

    /// Whether it can take another request.
    pub(crate) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and returns the head of the response. Read its body to the end
    /// before you send the next request.
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
