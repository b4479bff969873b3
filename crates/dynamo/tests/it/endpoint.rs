//! A scripted endpoint, a proxy in front of it, and clients that write bytes.

use dynamo::{Fault, Proxy};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What the endpoint responds, unless a test says otherwise.
pub(crate) const TABLES: &str = "HTTP/1.1 200 OK\r\n\
    content-type: application/x-amz-json-1.0\r\nx-amz-crc32: 1687178464\r\n\
    x-amzn-requestid: R1\r\ncontent-length: 25\r\n\r\n{\"TableNames\":[\"orders\"]}";

/// Gives every request the same response.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Vec<Vec<u8>>>>>,
    /// Closes all connections.
    pub(crate) close: CancellationToken,
}

impl Endpoint {
    pub(crate) async fn serve(response: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (received, close) = (Arc::default(), CancellationToken::new());
        let this =
            Self { url, received: Arc::clone(&received), close: close.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                received.lock().unwrap().push(Vec::new());
                let serving = respond(stream, response, Arc::clone(&received));
                tokio::spawn(close.clone().run_until_cancelled_owned(serving));
            }
        });
        this
    }

    /// The requests so far, by connection.
    pub(crate) fn received(&self) -> Vec<Vec<Vec<u8>>> {
        self.received.lock().unwrap().clone()
    }

    /// A proxy in front of it.
    pub(crate) async fn proxy(&self, faults: &[&str]) -> Proxy {
        Proxy::start(&self.url, parsed(faults)).await.unwrap()
    }
}

async fn respond(
    mut stream: TcpStream,
    response: &'static str,
    received: Arc<Mutex<Vec<Vec<Vec<u8>>>>>,
) -> io::Result<()> {
    let connection = received.lock().unwrap().len() - 1;
    loop {
        let request = message(&mut stream).await?;
        received.lock().unwrap()[connection].push(request);
        stream.write_all(response.as_bytes()).await?;
    }
}

/// The bytes of the next request or response. It must have a length.
async fn message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    let mut body = vec![0; length.lines().next().unwrap().parse().unwrap()];
    stream.read_exact(&mut body).await?;
    bytes.extend(body);
    Ok(bytes)
}

pub(crate) fn parsed(faults: &[&str]) -> Vec<Fault> {
    faults.iter().map(|text| text.parse().unwrap()).collect()
}

/// A request as an SDK writes it, with hyper's spelling of header names.
pub(crate) fn request(operation: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nhost: dynamodb.example\r\n\
         content-type: application/x-amz-json-1.0\r\n\
         x-amz-target: DynamoDB_20120810.{operation}\r\nx-amz-date: 20260101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=0\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A client's connection.
pub(crate) struct Wire(TcpStream);

impl Wire {
    pub(crate) async fn open(proxy: &Proxy) -> Self {
        Self(TcpStream::connect(proxy.address()).await.unwrap())
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The status of the next response, and all of it.
    pub(crate) async fn response(&mut self) -> (String, String) {
        let bytes = message(&mut self.0).await.unwrap();
        let response = String::from_utf8(bytes).unwrap();
        (response.split(' ').nth(1).unwrap().to_owned(), response)
    }

    /// What comes before the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).await.unwrap();
        bytes
    }
}

/// Waits until the proxy has this many tasks.
pub(crate) async fn tasks(proxy: &Proxy, expected: usize) {
    while proxy.tasks() != expected {
        tokio::task::yield_now().await;
    }
}
