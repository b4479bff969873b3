//! Accept the events of warehouse scanners and write them behind: a scanner gets its
//! answer immediately, and DynamoDB gets whole batches.
//!
//! A queue connects the two. Its length is the backlog of the database.

use heap::{Gauge, GaugeGuard};
use model::table::Record;
use model::{Name, Note, Scan, Sequence};
use service::dynamo::BATCH_ITEMS;
use service::prelude::*;
use std::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
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
    sender: Mutex<Option<UnboundedSender<Queued>>>,
    writer: Mutex<Option<JoinHandle<Result<(), Undone>>>>,
}

/// An event in the queue.
struct Queued {
    scan: Scan,
    /// Counts the event until the writer drops it.
    _counted: GaugeGuard,
}

impl Events {
    fn new(context: &Context) -> Self {
        // LEAK: an unbounded channel accepts every event. It allocates another block
        // for every 32 events, and each event owns its texts. While DynamoDB is slower
        // than the scanners, the queue grows by the difference, and nobody is told.
        let (sender, queue) = unbounded_channel();
        let dynamo = context.background_dynamo.clone();
        let batch = Vec::with_capacity(BATCH_ITEMS);
        // One writer for all workers. It owns the receiving end, and with it the queue.
        let writer = context.background.spawn(Writer { dynamo, queue, batch }.run());
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
        // Fails only if the writer is gone.
        sender.send(queued).map_err(|_| ServiceError::Overloaded)
    }

    /// Writes what is queued before the service ends.
    async fn drain(&self, deadline: Instant) -> Result<(), Undone> {
        // Without a sender, the writer ends when it has written the last event.
        drop(lock(&self.sender).take());
        let Some(mut writer) = lock(&self.writer).take() else { return Ok(()) };
        let ended = match timeout_at(deadline, &mut writer).await {
            Ok(ended) => ended,
            Err(_) => {
                writer.abort();
                writer.await
            }
        };
        // Otherwise it was aborted, or it had panicked.
        ended.unwrap_or(Err(Undone))
    }
}

/// The receiving side of the queue: writes one batch at a time.
struct Writer {
    dynamo: Data<Dynamo>,
    queue: UnboundedReceiver<Queued>,
    /// Events from the queue that are not known to be written. They stay here, and
    /// counted, until DynamoDB has answered.
    batch: Vec<Queued>,
}

impl Writer {
    /// Runs until the sender is gone and the queue is empty. A batch is sent until it
    /// is written; meanwhile the queue fills up.
    async fn run(mut self) -> Result<(), Undone> {
        let mut done = Ok(());
        while self.queue.recv_many(&mut self.batch, BATCH_ITEMS).await > 0 {
            let scans = self.batch.iter().map(|queued| &queued.scan);
            done = done.and(self.dynamo.put_all(scans).await);
            self.batch.clear();
        }
        done
    }
}

/// Whatever ends the writer too early, a shutdown or a panic: the scanners were told that
/// these events are accepted, so the log names each of them.
impl Drop for Writer {
    fn drop(&mut self) {
        let queued = std::iter::from_fn(|| self.queue.try_recv().ok());
        for Queued { scan, .. } in self.batch.drain(..).chain(queued) {
            let event = table::name(&scan.keys());
            tracing::error!(event, "an accepted event is not known to be written");
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let events = Data::new(Events::new(context));
    Lesson::new(|app| app.service(record))
        .state(events.clone())
        .drain(move |deadline| async move { events.drain(deadline).await })
}
