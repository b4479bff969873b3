//! Reads the heap of a service that mounts `heap::routes`.

use crate::instrument::Instrument;
use crate::outside;
use crate::rest;
use anyhow::{Context, Result, bail};
use heap::Reading;
use http_body_util::BodyExt;
use std::time::Duration;
use workload::Request;
use workload::client::{Connection, HttpError, Origin};

/// Counters only: no system calls in the service.
const COUNTERS: &str = "/__heap?only=counters";
/// A service that gives no reading for this long has failed.
const READING_WITHIN: Duration = Duration::from_secs(60);
/// The same for a window, whose end names all call stacks.
const WINDOW_WITHIN: Duration = Duration::from_secs(300);

/// Two readings of the same process differ by less than one part in this number.
const SAME_MEMORY: u64 = 4;

/// Connections that a service may end before it has read a request: the one that was
/// kept, a new one, and one more.
const CONNECTIONS_MAX: u32 = 3;

/// Reads the measuring routes of a service.
#[derive(Debug, Clone, Copy)]
pub struct HeapClient {
    origin: Origin,
    process: Option<u32>,
}

impl HeapClient {
    /// Reads the service at this address.
    pub fn new(origin: Origin) -> Self {
        Self { origin, process: None }
    }

    /// Adds to full readings what can be read of this process from outside, if it is the
    /// service: behind a forwarded port, another process listens.
    pub async fn beside(self, process: Option<u32>) -> Self {
        let alone = Self { process: None, ..self };
        let inside = alone.now().await.ok().and_then(|read| read.resident_bytes);
        let outside =
            process.and_then(|process| outside::resident_bytes(process).ok());
        let same = inside.zip(outside).is_some_and(|(inside, outside)| {
            inside.abs_diff(outside) <= inside / SAME_MEMORY
        });
        Self { process: process.filter(|_| same), ..self }
    }

    /// The process of the service, if it runs on this machine and was given.
    pub fn process(&self) -> Option<u32> {
        self.process
    }

    /// A full reading now, at rest or not.
    ///
    /// # Errors
    /// The service does not answer `/__heap`.
    pub async fn now(&self) -> Result<Reading> {
        self.full(&mut self.connection()).await
    }

    async fn full(&self, heap: &mut OneConnection) -> Result<Reading> {
        let mut reading = heap.read("/__heap").await?;
        if let Some(outside) = self.process.and_then(|p| outside::reading(p).ok()) {
            reading.gauges.extend(outside.gauges);
        }
        Ok(reading)
    }

    /// Lets every request leak this number of bytes from now on; 0 ends it.
    pub async fn plant(&self, bytes: u64) -> Result<()> {
        self.ask("POST", &format!("/__heap/plant?bytes={bytes}")).await.map(|_| ())
    }

    async fn ask(&self, method: &'static str, path: &str) -> Result<Vec<u8>> {
        self.connection().ask(method, path, WINDOW_WITHIN).await
    }

    fn connection(&self) -> OneConnection {
        OneConnection { origin: self.origin, open: None }
    }

    /// The last reading of the counters, over the connection that is still open.
    async fn come_to_rest(&self) -> Result<(OneConnection, Reading)> {
        let mut heap = self.connection();
        let read = async || heap.read(COUNTERS).await;
        let reading = rest::reached(read).await?;
        Ok((heap, reading))
    }
}

impl Instrument for HeapClient {
    async fn at_rest(&self) -> Result<Reading> {
        let (mut heap, _) = self.come_to_rest().await?;
        self.full(&mut heap).await
    }

    async fn counters_at_rest(&self) -> Result<Reading> {
        self.come_to_rest().await.map(|(_, reading)| reading)
    }

    async fn counters(&self) -> Result<Reading> {
        self.connection().read(COUNTERS).await
    }

    async fn reset_peak(&self) -> Result<()> {
        self.ask("DELETE", "/__heap/peak").await.map(|_| ())
    }

    async fn peak<T>(
        &self,
        load: impl Future<Output = Result<T>>,
        _: bool,
    ) -> Result<(T, u64)> {
        self.reset_peak().await?;
        let served = load.await?;
        Ok((served, self.counters().await?.peak_bytes))
    }

    async fn open_window(&self) -> Result<()> {
        self.ask("POST", "/__heap/window").await.map(|_| ())
    }

    async fn close_window(&self) -> Result<Vec<u8>> {
        self.ask("DELETE", "/__heap/window").await
    }
}

/// One connection for several readings: a new one changes the live bytes.
struct OneConnection {
    origin: Origin,
    open: Option<Connection>,
}

impl OneConnection {
    async fn read(&mut self, path: &str) -> Result<Reading> {
        let body = self.ask("GET", path, READING_WITHIN).await?;
        serde_json::from_slice(&body)
            .with_context(|| format!("GET {path} is not a reading"))
    }

    /// Asks. A service ends a connection on which nothing came for some seconds, with or
    /// without a 408. So it does when one of the processes stood still. Then this asks
    /// again over another connection.
    async fn ask(
        &mut self,
        method: &'static str,
        path: &str,
        within: Duration,
    ) -> Result<Vec<u8>> {
        for _ in 0..CONNECTIONS_MAX {
            let connection = match &mut self.open {
                Some(connection) => connection,
                none => none.insert(Connection::open(self.origin).await?),
            };
            match exchange(connection, method, path, within).await? {
                Some(body) => return Ok(body),
                None => self.open = None,
            }
        }
        bail!("{method} {path}: the service ended {CONNECTIONS_MAX} connections")
    }
}

/// Asks once; `None` if the service has not read the request.
async fn exchange(
    connection: &mut Connection,
    method: &'static str,
    path: &str,
    within: Duration,
) -> Result<Option<Vec<u8>>> {
    let answer = async {
        let response = connection.send(Request::new(method, path)).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok::<_, HttpError>((status, body))
    };
    let waited = within.as_secs();
    let answer = tokio::time::timeout(within, answer).await.with_context(|| {
        format!("{method} {path} had no answer within {waited} s")
    })?;
    let (status, body) = match answer {
        Ok((status, _)) if status == 408 => return Ok(None),
        // A window may have been opened or closed already.
        Err(HttpError::Exchange(_)) if !path.ends_with("/window") => {
            return Ok(None);
        }
        answer => answer?,
    };
    if !status.is_success() {
        bail!(
            "{method} {path} answered {status}: is the service started with --measure?"
        );
    }
    Ok(Some(body.into()))
}
