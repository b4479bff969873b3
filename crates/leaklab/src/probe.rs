//! Asks a service for its heap. Works for any service that mounts `heap::routes`.

use anyhow::{Context, Result, bail};
use heap::Reading;
use http_body_util::BodyExt;
use std::time::{Duration, Instant};
use workload::Request;
use workload::client::{Connection, Origin};

/// Between two looks while a service comes to rest.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// So many looks in a row must find the same live bytes and nothing in flight.
/// What a service does after an answer (a background write, a connection's end)
/// takes a few milliseconds; this is several times that.
const SAME_LOOKS: u32 = 8;
/// The same while requests are under way. They may be held for good, which is a
/// finding, or about to end, which takes a database several times SAME_LOOKS.
const SAME_LOOKS_IN_FLIGHT: u32 = 25;
/// A service that has not come to rest by then does not rest: its last reading
/// counts, and its restlessness shows as noise.
const REST_WITHIN: Duration = Duration::from_secs(3);

/// A connection to the measuring routes.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    origin: Origin,
}

impl Probe {
    /// Where to ask.
    pub fn new(origin: Origin) -> Self {
        Self { origin }
    }

    /// Waits until live bytes and requests under way stand still, then takes a full
    /// reading.
    ///
    /// # Errors
    /// The service does not answer, or not as a measured service does.
    pub async fn at_rest(&self) -> Result<Reading> {
        let (mut connection, _) = self.come_to_rest().await?;
        read(&mut connection, "GET", "/__heap").await
    }

    /// The same without what costs the service system calls: counters alone.
    ///
    /// # Errors
    /// As for [`Probe::at_rest`].
    pub async fn counters_at_rest(&self) -> Result<Reading> {
        self.come_to_rest().await.map(|(_, reading)| reading)
    }

    /// Waits until counters stand still; the last of them, and the connection.
    async fn come_to_rest(&self) -> Result<(Connection, Reading)> {
        // One connection for all looks: each new one moves the live bytes.
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
            let enough = if held { SAME_LOOKS_IN_FLIGHT } else { SAME_LOOKS };
            if same >= enough || began.elapsed() >= REST_WITHIN {
                return Ok((connection, reading));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Lets the peak begin again.
    ///
    /// # Errors
    /// As for [`Probe::at_rest`].
    pub async fn reset_peak(&self) -> Result<()> {
        self.ask("DELETE", "/__heap/peak").await.map(|_| ())
    }

    /// The peak since its last reset, and the other counters.
    ///
    /// # Errors
    /// As for [`Probe::at_rest`].
    pub async fn counters(&self) -> Result<Reading> {
        let mut connection = Connection::open(self.origin).await?;
        read(&mut connection, "GET", "/__heap?only=counters").await
    }

    /// Opens a dhat window.
    ///
    /// # Errors
    /// As for [`Probe::at_rest`].
    pub async fn open_window(&self) -> Result<()> {
        self.ask("POST", "/__heap/window").await.map(|_| ())
    }

    /// Closes the window; dhat's profile.
    ///
    /// # Errors
    /// As for [`Probe::at_rest`].
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
        .with_context(|| format!("{method} {path} is no reading"))
}

async fn exchange(
    connection: &mut Connection,
    method: &'static str,
    path: &str,
) -> Result<Vec<u8>> {
    let request = Request {
        method,
        path: path.to_owned(),
        headers: vec![],
        body: String::new(),
    };
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
