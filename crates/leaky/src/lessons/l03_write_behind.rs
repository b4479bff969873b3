//! Take a warehouse scanner's events and write them behind: the scanner gets its answer
//! at once, and DynamoDB gets whole batches.
//!
//! Between the two lies a queue. It is as long as the database is behind.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, Result, post};
use heap::{Gauge, Held};
use model::limits::NOTE_BYTES_MAX;
use model::{OrderId, Scan, table};
use serde::Deserialize;
use service::dynamo::BATCH_ITEMS;
use service::extract::Tenant;
use service::{Context, Dynamo, Problem, ServiceError};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use utoipa::ToSchema;

/// How long a shutdown waits for what is queued.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// What a scanner sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScanEvent {
    /// The scanner's own count: the same event sent twice is one
    sequence: u64,
    /// Which scanner
    station: String,
    /// What its user typed
    #[serde(default)]
    note: String,
}

/// Takes an event of an order; it is written within moments
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    request_body = ScanEvent,
    responses(
        (status = 202),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/orders/{id}/events")]
pub(crate) async fn record(
    tenant: Tenant,
    id: Path<OrderId>,
    event: Json<ScanEvent>,
    events: Data<Events>,
) -> Result<HttpResponse, ServiceError> {
    let ScanEvent { sequence, station, note } = event.into_inner();
    if note.len().max(station.len()) > NOTE_BYTES_MAX {
        let detail = format!("no text may be longer than {NOTE_BYTES_MAX} bytes");
        return Err(ServiceError::Invalid(detail));
    }
    let order = id.into_inner();
    events.queue(Scan { tenant: tenant.0, order, sequence, station, note })?;
    Ok(HttpResponse::new(StatusCode::ACCEPTED))
}

/// An event on its way to DynamoDB.
struct Queued {
    scan: Scan,
    /// Falls when it is written.
    waiting: Held,
}

/// The way to the writer.
pub(crate) struct Events {
    /// How many are waiting, for whoever measures.
    depth: Gauge,
    /// `None` once the service stops.
    sender: Mutex<Option<UnboundedSender<Queued>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Events {
    pub(crate) fn new(context: &Context) -> Self {
        // LEAK: the queue takes whatever comes. While DynamoDB is slower than the
        // scanners, it grows by the difference, and nobody is told.
        let (sender, receiver) = unbounded_channel();
        let dynamo = context.dynamo.clone();
        let writer = context.background.spawn(write_all(dynamo, receiver));
        Self {
            depth: context.gauges.named("queue depth"),
            sender: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(writer)),
        }
    }

    fn queue(&self, scan: Scan) -> Result<(), ServiceError> {
        let queued = Queued { scan, waiting: self.depth.hold() };
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = sender.as_ref().ok_or(ServiceError::Overloaded)?;
        sender.send(queued).map_err(|_| ServiceError::Overloaded)
    }

    /// Writes what is queued: a shutdown must not lose an event.
    pub(crate) async fn drain(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer =
            self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(writer) = writer else { return };
        if timeout(DRAIN_WITHIN, writer).await.is_err() {
            tracing::error!(left = self.depth.get(), "events were lost");
        }
    }
}

/// The writer: a batch at a time, until the senders are gone and the queue is empty.
async fn write_all(dynamo: Dynamo, mut queue: UnboundedReceiver<Queued>) {
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    while queue.recv_many(&mut batch, BATCH_ITEMS).await > 0 {
        let (scans, waiting): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|queued| (queued.scan, queued.waiting)).unzip();
        let items =
            scans.iter().map(table::scan_item).collect::<Result<Vec<_>, _>>();
        let items = items.map_err(ServiceError::internal);
        let written = match items {
            Ok(items) => dynamo.put_batch(items).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::error!(%error, lost = waiting.len(), "events were not written");
        }
    }
}
