//! Print the label of a shipment. The printer works through its jobs one by one and sends
//! each reply with the number of its job.
//!
//! A request waits for its reply in a map, under that number, and not longer than its
//! deadline. Some replies never come: the printer loses labels that are too long.

use heap::Gauge;
use model::Name;
use service::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Prints the label of a shipment
#[utoipa::path(params(Tenant), responses((status = 200, body = Label)))]
#[post("/shipments/{id}/label")]
async fn print(
    tenant: Tenant,
    id: Path<OrderId>,
    dynamo: Data<Dynamo>,
    printer: Data<Printer>,
) -> Result<Json<Label>, ServiceError> {
    let order = dynamo.order(&tenant, &id).await?;
    let label = printer.print(order).await?;
    Ok(Json(label))
}

/// The label of a shipment.
#[derive(Serialize, ToSchema)]
struct Label {
    order: OrderId,
    addressee: Name,
    pieces: u64,
}

/// The way to the printer.
struct Printer {
    limits: Data<Limits>,
    jobs: mpsc::Sender<Job>,
    last_number: AtomicU64,
    pending: Arc<Pending>,
}

/// An order on its way to the printer.
struct Job {
    number: u64,
    order: Order,
}

impl Printer {
    fn new(context: &Context) -> Self {
        let limits = context.limits.clone();
        let number = context.gauges.named("pending replies");
        let pending = Arc::new(Pending { replies: Mutex::default(), number });
        let (jobs, queue) = mpsc::channel(64);
        context.background.spawn(run(queue, Arc::clone(&pending)));
        Self { limits, jobs, last_number: AtomicU64::default(), pending }
    }

    async fn print(&self, order: Order) -> Result<Label, ServiceError> {
        let number = self.last_number.fetch_add(1, Relaxed) + 1;
        // A channel for one value. The request keeps the receiver, and the map the sender,
        // where the printer finds it.
        let (sender, receiver) = oneshot::channel();
        self.pending.insert(number, sender);
        // LEAK: only a reply removes the entry. When the deadline passes, this future is
        // done and drops the receiver. The entry stays with the sender and the channel's
        // heap block, for a reply that will never come.
        let reply = async {
            self.jobs.send(Job { number, order }).await.ok()?;
            receiver.await.ok()
        };
        let deadline = Duration::from_millis(self.limits.job_deadline_ms);
        let label = timeout(deadline, reply).await.ok().flatten();
        label.ok_or(ServiceError::Overloaded)
    }
}

/// Where replies are awaited.
struct Pending {
    /// The sender of each reply that is awaited, by the number of its job.
    replies: Mutex<BTreeMap<u64, oneshot::Sender<Label>>>,
    /// How many there are.
    number: Gauge,
}

impl Pending {
    fn insert(&self, job: u64, sender: oneshot::Sender<Label>) {
        let mut replies = lock(&self.replies);
        replies.insert(job, sender);
        self.number.set(replies.len() as u64);
    }

    fn remove(&self, job: u64) -> Option<oneshot::Sender<Label>> {
        let mut replies = lock(&self.replies);
        let sender = replies.remove(&job);
        self.number.set(replies.len() as u64);
        sender
    }
}

/// Pieces that fit on a label.
const PIECES_MAX: u64 = 20;

/// The printer. It loses a label that is too long, and sends no reply.
async fn run(mut queue: mpsc::Receiver<Job>, pending: Arc<Pending>) {
    while let Some(Job { number, order }) = queue.recv().await {
        let pieces = order.pieces();
        if pieces > PIECES_MAX {
            continue;
        }
        let label = Label { order: order.id, addressee: order.customer, pieces };
        if let Some(sender) = pending.remove(number) {
            // Fails if the request has given up.
            let _ = sender.send(label);
        }
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    Lesson::new(|app| app.service(print)).state(Data::new(Printer::new(context)))
}
