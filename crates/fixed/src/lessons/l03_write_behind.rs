//! Accept the events of warehouse scanners and write them behind: a scanner gets its
//! answer immediately, and DynamoDB gets whole batches.
//!
//! A queue connects the two. Its length is the backlog of the database.

use heap::{Gauge, GaugeGuard};
use model::{Name, Note, Scan, Sequence};
use service::dynamo::BATCH_ITEMS;
use service::prelude::*;
use std::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// Accepts an event of an order; it is written within moments
#[utoipa::path(params(Tenant), responses((status = 202)))]
#[post("/orders/{id}/events")]
async fn record(
    tenant: Tenant,
    id: Path<OrderId>,
    event: Json<ScanEvent>,
    events: Data<Events>,
) -> Result<HttpResponse, ServiceError> {
    let ScanEvent { sequence, station, note } = event.into_inner();
    // An event is small, and its size has a limit. Their number is the question.
    let (tenant, order) = (tenant.0, id.into_inner());
    // The answer is 202: the event is in memory, and DynamoDB has not seen it yet.
    events.queue(Scan { tenant, order, sequence, station, note })?;
    Ok(HttpResponse::Accepted().finish())
}

/// What a scanner sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScanEvent {
    /// The scanner's own number; an event that is sent twice is stored once
    sequence: Sequence,
    /// Which scanner
    station: Name,
    /// What its user typed
    #[serde(default)]
    note: Note,
}

/// The sending side of the queue.
struct Events {
    /// Queued events that are not yet written.
    depth: Gauge,
    /// Dropped when the service stops, which ends the writer.
    sender: Mutex<Option<Sender<Queued>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// An event in the queue.
struct Queued {
    scan: Scan,
    /// Counts the event until the writer drops it.
    _counted: GaugeGuard,
}

impl Events {
    fn new(context: &Context) -> Self {
        // FIX: a bounded channel. When it is full, the scanner is told to try again
        // later, and until then the event stays in the scanner's memory.
        let (sender, receiver) = channel(context.limits.event_queue_max);
        let dynamo = context.background_dynamo.clone();
        // One writer for all workers. It owns the receiving end, and with it the queue.
        let writer = context.background.spawn(write_all(dynamo, receiver));
        Self {
            depth: context.gauges.named("queue depth"),
            sender: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(writer)),
        }
    }

    /// Hands an event to the writer, and waits for nothing.
    fn queue(&self, scan: Scan) -> Result<(), ServiceError> {
        let queued = Queued { scan, _counted: self.depth.hold() };
        let sender = lock(&self.sender);
        let sender = sender.as_ref().ok_or(ServiceError::Overloaded)?;
        // Fails if the queue is full. The error holds the event and is dropped here.
        sender.try_send(queued).map_err(|_| ServiceError::Overloaded)
    }

    /// Writes what is queued before the service ends.
    async fn drain(&self, deadline: Instant) -> Result<(), Undone> {
        // Without a sender, the writer ends when it has taken the last event.
        drop(lock(&self.sender).take());
        let Some(writer) = lock(&self.writer).take() else { return Ok(()) };
        if timeout_at(deadline, writer).await.is_err() {
            tracing::error!(left = self.depth.get(), "events were lost");
            return Err(Undone);
        }
        Ok(())
    }
}

/// The writer: one batch at a time, until the sender is gone and the queue is empty.
async fn write_all(dynamo: Data<Dynamo>, mut queue: Receiver<Queued>) {
    let mut batch = Vec::with_capacity(BATCH_ITEMS);
    while queue.recv_many(&mut batch, BATCH_ITEMS).await > 0 {
        // The events stay in `batch`, and counted, until DynamoDB has answered.
        if let Err(error) = write(&dynamo, &batch).await {
            tracing::error!(%error, lost = batch.len(), "events were not written");
        }
        batch.clear();
    }
}

async fn write(dynamo: &Dynamo, batch: &[Queued]) -> Result<(), ServiceError> {
    let items = batch.iter().map(|queued| table::to_item(&queued.scan));
    dynamo.put_batch(items.collect::<Result<_, _>>()?).await
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let events = Data::new(Events::new(context));
    Lesson::new(|app| app.service(record))
        .state(events.clone())
        .drain(move |deadline| async move { events.drain(deadline).await })
}
