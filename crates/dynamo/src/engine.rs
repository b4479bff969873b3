//! The embedded engine: dynoxide, in memory, on a port of its own.
//!
//! It is meant to be the whole job of a process. Its handlers work on the thread
//! that polls them, so a service that shared its runtime would wait for them, and
//! whoever measured that process would measure the database as well.

use dynoxide::Database;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address} (--listen)")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The engine's own words.
    #[error("the embedded engine failed: {0}")]
    Engine(String),
}

/// An engine that listens and does not serve yet.
#[derive(Debug)]
pub struct Engine {
    listener: TcpListener,
}

impl Engine {
    /// Takes the address; port 0 takes a free one.
    ///
    /// # Errors
    /// [`EngineError::Listen`].
    pub fn bind(address: SocketAddr) -> Result<Self, EngineError> {
        let listen = |source| EngineError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        Ok(Self { listener })
    }

    /// Where it can be reached.
    ///
    /// # Errors
    /// The system cannot tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves an empty database until `stop` ends. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`EngineError::Engine`].
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), EngineError> {
        let database =
            Database::memory().map_err(|e| EngineError::Engine(e.to_string()))?;
        let listener = tokio::net::TcpListener::from_std(self.listener)
            .map_err(|e| EngineError::Engine(e.to_string()))?;
        dynoxide::server::serve_with_shutdown(listener, database, stop)
            .await
            .map_err(EngineError::Engine)
    }
}
