//! A client that writes bytes as they are, and reads them as they come.

use acceptance::Served;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use workload::Request;

/// A generous limit: what tests wait for takes milliseconds.
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) const CHUNKED: &str = "transfer-encoding: chunked\r\n";
pub(crate) const CLOSE: &str = "connection: close\r\n";
pub(crate) const JSON: &str = "content-type: application/json\r\n";
pub(crate) const NDJSON: &str = "content-type: application/x-ndjson\r\n";

/// The head of a request of the tenant `shop`, with more header lines.
pub(crate) fn head(request: &str, more: &str) -> String {
    format!("{request} HTTP/1.1\r\nhost: localhost\r\nx-tenant: shop\r\n{more}\r\n")
}

/// A connection.
pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    /// A connection on which this was sent.
    pub(crate) async fn open(served: &Served<'_>, text: &str) -> Self {
        let mut raw = Self(TcpStream::connect(served.origin().0).await.unwrap());
        raw.send(text).await;
        raw
    }

    /// A connection on which the head of a request was sent, with the line that says how
    /// long its body is.
    pub(crate) async fn begin(
        served: &Served<'_>,
        request: &Request,
        length: &str,
    ) -> Self {
        let Request { method, path, headers, .. } = request;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        Self::open(served, &format!("{text}{length}\r\n")).await
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The status of the next response, without reading further.
    pub(crate) async fn status(&mut self) -> String {
        status(&mut self.0).await
    }

    /// Reads until this text has come.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            let byte = timeout(SOON, self.0.read_u8()).await.expect("it never came");
            let Ok(byte) = byte else {
                panic!("no {end} in {}", String::from_utf8_lossy(&read));
            };
            read.push(byte);
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads until the service closes the connection.
    pub(crate) async fn until_end(&mut self) -> String {
        let mut read = Vec::new();
        let end = timeout(SOON, self.0.read_to_end(&mut read)).await;
        // A reset is an end as well.
        let _ = end.expect("the connection stays open");
        String::from_utf8_lossy(&read).into_owned()
    }
}

/// The status of the next response.
pub(crate) async fn status(mut stream: impl AsyncReadExt + Unpin) -> String {
    let mut line = [0; 12];
    let read = timeout(SOON, stream.read_exact(&mut line)).await;
    read.expect("no response came").unwrap();
    String::from_utf8_lossy(&line[9..]).into_owned()
}
