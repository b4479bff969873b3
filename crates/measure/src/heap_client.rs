//! Reads the heap of a service that mounts `heap::routes`.

use crate::rest;
use anyhow::{Context, Result, anyhow, bail};
use heap::Reading;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::error::Elapsed;
use workload::Request;
use workload::client::{Connection, Origin};

/// A service that gives no reading for this long has failed.
const READING_WITHIN: Duration = Duration::from_secs(60);
/// The same for a window, whose end names all call stacks.
const WINDOW_WITHIN: Duration = Duration::from_secs(300);

/// Reads the measuring routes of a service.
#[derive(Debug, Clone, Copy)]
pub struct HeapClient {
    origin: Origin,
}

impl HeapClient {
    /// Reads the service at this address.
    pub fn new(origin: Origin) -> Self {
        Self { origin }
    }

    /// Waits until live bytes and requests in flight do not change any more, then takes
    /// a full reading.
    ///
    /// # Errors
    /// The service does not answer `/__heap`.
    pub async fn at_rest(&self) -> Result<Reading> {
        let (mut heap, _) = self.come_to_rest().await?;
        heap.read("/__heap").await
    }

    /// The same with counters only: no system calls in the service.
    ///
    /// # Errors
    /// As for [`HeapClient::at_rest`].
    pub async fn counters_at_rest(&self) -> Result<Reading> {
        self.come_to_rest().await.map(|(_, reading)| reading)
    }

    async fn come_to_rest(&self) -> Result<(OneConnection, Reading)> {
        let mut heap = OneConnection { origin: self.origin, open: None };
        let read = async || heap.read("/__heap?only=counters").await;
        let reading = rest::reached(read).await?;
        Ok((heap, reading))
    }

    /// Resets the peak to the present live bytes.
    ///
    /// # Errors
    /// As for [`HeapClient::at_rest`].
    pub async fn reset_peak(&self) -> Result<()> {
        self.ask("DELETE", "/__heap/peak").await.map(|_| ())
    }

    /// The peak since its last reset, and the other counters.
    ///
    /// # Errors
    /// As for [`HeapClient::at_rest`].
    pub async fn counters(&self) -> Result<Reading> {
        let mut heap = OneConnection { origin: self.origin, open: None };
        heap.read("/__heap?only=counters").await
    }

    /// Opens a dhat window.
    ///
    /// # Errors
    /// As for [`HeapClient::at_rest`].
    pub async fn open_window(&self) -> Result<()> {
        self.ask("POST", "/__heap/window").await.map(|_| ())
    }

    /// Closes the window; dhat's profile.
    ///
    /// # Errors
    /// As for [`HeapClient::at_rest`].
    pub async fn close_window(&self) -> Result<Vec<u8>> {
        self.ask("DELETE", "/__heap/window").await
    }

    async fn ask(&self, method: &'static str, path: &str) -> Result<Vec<u8>> {
        let mut connection = Connection::open(self.origin).await?;
        exchange(&mut connection, method, path, WINDOW_WITHIN).await
    }
}

/// One connection for several readings: a new one changes the live bytes.
struct OneConnection {
    origin: Origin,
    open: Option<Connection>,
}

impl OneConnection {
    /// Reads. A service closes a connection on which nothing came for some seconds, such
    /// as that of a driver that stood still; then this opens another one.
    async fn read(&mut self, path: &str) -> Result<Reading> {
        let mut body = Err(anyhow!("no connection yet"));
        if let Some(connection) = &mut self.open {
            body = exchange(connection, "GET", path, READING_WITHIN).await;
        }
        let body = match body {
            Err(error) if !error.is::<Elapsed>() => {
                let connection =
                    self.open.insert(Connection::open(self.origin).await?);
                exchange(connection, "GET", path, READING_WITHIN).await?
            }
            body => body?,
        };
        serde_json::from_slice(&body)
            .with_context(|| format!("GET {path} is not a reading"))
    }
}

async fn exchange(
    connection: &mut Connection,
    method: &'static str,
    path: &str,
    within: Duration,
) -> Result<Vec<u8>> {
    let answer = async {
        let response = connection.send(Request::new(method, path)).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        anyhow::Ok((status, body))
    };
    let waited = within.as_secs();
    let (status, body) =
        tokio::time::timeout(within, answer).await.with_context(|| {
            format!("{method} {path} had no answer within {waited} s")
        })??;
    if !status.is_success() {
        bail!(
            "{method} {path} answered {status}: is the service started with --measure?"
        );
    }
    Ok(body.into())
}
