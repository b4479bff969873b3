//! The fault proxy: an HTTP/1.1 server in front of a DynamoDB endpoint that forwards
//! requests and responses unchanged unless a [`Fault`] applies.

mod rules;
mod response;
mod connection;

use crate::fault::Fault;
use connection::Endpoint;
use http::Uri;
use rules::Rules;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Pause when the system has no more sockets to give.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Why there is no proxy, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct ProxyError {
    text: String,
    /// What the system says.
    source: Option<io::Error>,
}

/// A running proxy. Dropping it closes its listener and every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    rules: Arc<Rules>,
    tasks: TaskTracker,
    /// Cancels the tasks when it is dropped.
    stop: DropGuard,
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1, in front of `http://host:port`.
    /// Connects to the endpoint with the first request.
    pub async fn start(
        endpoint: &str,
        faults: Vec<Fault>,
    ) -> Result<Self, ProxyError> {
        Self::listen((Ipv4Addr::LOCALHOST, 0).into(), endpoint, faults).await
    }

    /// The same on a given address.
    pub async fn listen(
        address: SocketAddr,
        endpoint: &str,
        faults: Vec<Fault>,
    ) -> Result<Self, ProxyError> {
        let authority = authority(endpoint)?;
        let listen = |source| ProxyError {
            text: match address.port() {
                0 => format!("no port is free on {}", address.ip()),
                _ => format!("cannot listen on {address} (--listen)"),
            },
            source: Some(source),
        };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let rules = Arc::new(Rules::new(faults));
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let endpoint =
            Endpoint { authority, rules: Arc::clone(&rules), tasks: tasks.clone() };
        let accepting = accept(listener, Arc::new(endpoint), stop.clone());
        tasks.spawn(stop.clone().run_until_cancelled_owned(accepting));
        Ok(Self { address, rules, tasks, stop: stop.drop_guard() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the faults for later requests and counts them from 0. Requests that
    /// wait already keep waiting.
    pub fn set(&self, faults: Vec<Fault>) {
        self.rules.set(faults);
    }

    /// Requests that the faults have counted.
    pub fn counted(&self) -> u64 {
        self.rules.counted()
    }

    /// The listener and the open connections, to clients and to the endpoint.
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Closes everything, as dropping does, and returns when it is closed.
    pub async fn close(self) {
        drop(self.stop);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Host and port of a URL.
fn authority(url: &str) -> Result<String, ProxyError> {
    let refused = |text| ProxyError { text, source: None };
    let wrong = || {
        let text =
            format!("'{url}' is not the URL of an engine: write http://HOST:PORT");
        refused(text)
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    match uri.scheme_str() {
        Some("http") if uri.path() == "/" && uri.query().is_none() => {}
        // TLS hides the operation, and the signature covers the name of the host.
        Some("https") => {
            return Err(refused(format!(
                "cannot inject faults into {url}: the proxy needs http, not https"
            )));
        }
        _ => return Err(wrong()),
    }
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    Ok(format!("{host}:{}", uri.port_u16().unwrap_or(80)))
}

async fn accept(
    listener: TcpListener,
    endpoint: Arc<Endpoint>,
    stop: CancellationToken,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let serving = connection::serve(client, Arc::clone(&endpoint));
        endpoint.tasks.spawn(stop.clone().run_until_cancelled_owned(serving));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_named_by_an_http_url() {
        assert_eq!(authority("http://127.0.0.1:8000").unwrap(), "127.0.0.1:8000");
        assert_eq!(authority("http://localhost/").unwrap(), "localhost:80");
        assert_eq!(authority("http://[::1]:8000").unwrap(), "[::1]:8000");
        for text in ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a/b"] {
            let error = authority(text).unwrap_err().to_string();
            assert!(error.contains("write http://HOST:PORT"), "{error}");
        }
        let url = "https://dynamodb.us-east-1.amazonaws.com";
        let error = authority(url).unwrap_err().to_string();
        assert!(error.contains(url) && error.contains("not https"), "{error}");
    }
}
