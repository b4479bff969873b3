//! Reads the heap of a service that mounts `heap::routes`.

use anyhow::{Context, Result, bail};
use heap::Reading;
use http_body_util::BodyExt;
use std::time::{Duration, Instant};
use workload::Request;
use workload::client::{Connection, Origin};

/// Time between two readings while a service comes to rest. What a service does after a
/// response (a background write, closing a connection) takes a few milliseconds.
const READ_EVERY: Duration = Duration::from_millis(8);
/// A service is at rest when this many consecutive readings are the same: 32 ms, several
/// times what it does after a response.
const SAME_READINGS: u32 = 4;
/// The same while requests are in flight. They may be held forever, which is a finding,
/// or wait for a database, which takes several times as long.
const SAME_READINGS_IN_FLIGHT: u32 = 13;
/// A service that is not at rest by then is read as it is; the difference shows as
/// noise.
const REST_TIMEOUT: Duration = Duration::from_secs(3);

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
        let (mut connection, _) = self.come_to_rest().await?;
        read(&mut connection, "GET", "/__heap").await
    }

    /// The same with counters only: no system calls in the service.
    ///
    /// # Errors
    /// As for [`HeapClient::at_rest`].
    pub async fn counters_at_rest(&self) -> Result<Reading> {
        self.come_to_rest().await.map(|(_, reading)| reading)
    }

    /// Waits until the counters do not change any more; the last of them, and the
    /// connection.
    async fn come_to_rest(&self) -> Result<(Connection, Reading)> {
        // One connection for all readings: a new one changes the live bytes.
        let mut connection = Connection::open(self.origin).await?;
        let began = Instant::now();
        let (mut last, mut same) = (None, 0);
        loop {
            let path = "/__heap?only=counters";
            let reading: Reading = read(&mut connection, "GET", path).await?;
            let now = Some((reading.live_bytes, reading.in_flight));
            same = if last == now { same + 1 } else { 0 };
            last = now;
            let held = reading.in_flight > 0;
            let enough = if held { SAME_READINGS_IN_FLIGHT } else { SAME_READINGS };
            if same >= enough || began.elapsed() >= REST_TIMEOUT {
                return Ok((connection, reading));
            }
            tokio::time::sleep(READ_EVERY).await;
        }
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
        let mut connection = Connection::open(self.origin).await?;
        read(&mut connection, "GET", "/__heap?only=counters").await
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
        exchange(&mut connection, method, path).await
    }
}

async fn read(
    connection: &mut Connection,
    method: &'static str,
    path: &str,
) -> Result<Reading> {
    let body = exchange(connection, method, path).await?;
    serde_json::from_slice(&body)
        .with_context(|| format!("{method} {path} is not a reading"))
}

async fn exchange(
    connection: &mut Connection,
    method: &'static str,
    path: &str,
) -> Result<Vec<u8>> {
    let request = Request::new(method, path);
    let response = connection.send(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if !status.is_success() {
        bail!(
            "{method} {path} answered {status}: is the service started with --measure?"
        );
    }
    Ok(body.into())
}
