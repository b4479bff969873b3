//! A running proxy: its address, its rules, its counts, its end.

use super::connection::Connection;
use super::shared::Shared;
use http::Uri;
use model::Fault;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Pause when the system has no more sockets to give.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// Why there is no proxy.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// TLS hides the operation, and the signature covers the host's name.
    #[error("cannot put faults in front of {0}: https is signed for its host")]
    Https(String),
    /// Not of the form `http://host:port`.
    #[error("'{0}' is no engine's URL: write http://HOST:PORT")]
    Url(String),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address} (--listen)")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A running proxy. Dropping it closes its listener and every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Every task of the proxy; counts them and keeps none.
    tasks: TaskTracker,
    /// Cancels all tasks when the proxy goes.
    stop: DropGuard,
}

impl Proxy {
    /// Starts one on a free port of 127.0.0.1, on the caller's runtime, in front of
    /// `http://host:port`. The engine is not asked yet.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub async fn start(
        upstream: &str,
        faults: Vec<Fault>,
    ) -> Result<Self, ProxyError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::listen(address, upstream, faults).await
    }

    /// The same on an address of the caller's choice.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub async fn listen(
        address: SocketAddr,
        upstream: &str,
        faults: Vec<Fault>,
    ) -> Result<Self, ProxyError> {
        let shared = Arc::new(Shared::new(authority(upstream)?, faults));
        let listen = |source| ProxyError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let accepting =
            accept(listener, Arc::clone(&shared), tasks.clone(), stop.clone());
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            tokio::select! {
                () = stopped => {}
                () = accepting => {}
            }
        });
        Ok(Self { address, shared, tasks, stop: stop.drop_guard() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replaces the rules for all requests to come and counts them from 0. Requests
    /// that a fault holds already stay held.
    pub fn set(&self, faults: Vec<Fault>) {
        self.shared.set(faults);
    }

    /// Requests since the start, by operation.
    pub fn seen(&self) -> BTreeMap<&'static str, u64> {
        self.shared.seen()
    }

    /// Those of them that met a fault.
    pub fn faulted(&self) -> BTreeMap<&'static str, u64> {
        self.shared.faulted()
    }

    /// Connections that are open, with the listener as one more.
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

/// Host and port of an engine's URL.
fn authority(url: &str) -> Result<String, ProxyError> {
    let wrong = || ProxyError::Url(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    match uri.scheme_str() {
        Some("http") if uri.path() == "/" && uri.query().is_none() => {}
        Some("https") => return Err(ProxyError::Https(url.to_owned())),
        _ => return Err(wrong()),
    }
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    Ok(format!("{host}:{}", uri.port_u16().unwrap_or(80)))
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let serving = serve(client, Arc::clone(&shared));
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            tokio::select! {
                () = stopped => {}
                () = serving => {}
            }
        });
    }
}

async fn serve(client: TcpStream, shared: Arc<Shared>) {
    Connection::new(client, shared).run().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_named_by_an_http_url() {
        assert_eq!(authority("http://127.0.0.1:8000").unwrap(), "127.0.0.1:8000");
        assert_eq!(authority("http://localhost/").unwrap(), "localhost:80");
        assert_eq!(authority("http://[::1]:8000").unwrap(), "[::1]:8000");
        for text in
            ["", "127.0.0.1:8000", "ftp://a", "http://", "http://a/b", "http://a?b"]
        {
            let error = authority(text).unwrap_err();
            assert!(matches!(error, ProxyError::Url(_)), "{text}: {error}");
        }
        let error = authority("https://dynamodb.us-east-1.amazonaws.com");
        assert!(matches!(error.unwrap_err(), ProxyError::Https(_)));
    }
}
