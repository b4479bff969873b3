//! Confirm an order and write its audit trail in a background job: the clerk does not
//! wait for the audit, and a shutdown does.
//!
//! tokio allocates one block per task, the task's cell. It is as large as the job's
//! future and is freed when the last reference to the task is gone.

use heap::{Gauge, GaugeGuard};
use model::{EventKind, Note, OrderEvent, OrderStatus};
use service::prelude::*;
use std::sync::Mutex;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Confirms an order
#[utoipa::path(params(Tenant), responses((status = 200, body = Confirmed)))]
#[post("/orders/{id}/confirm")]
async fn confirm(
    tenant: Tenant,
    id: Path<OrderId>,
    confirmation: Json<Confirmation>,
    dynamo: Data<Dynamo>,
    jobs: Data<Jobs>,
) -> Result<Json<Confirmed>, ServiceError> {
    let note = confirmation.into_inner().note;
    // Before any work is done, so that a refusal leaves the order as it was.
    let permit = jobs.admit()?;
    let order = dynamo.confirm(&tenant, &id).await?;
    // The job owns its event: it goes on when the request and its memory are gone.
    let (answer, event) = outcome(order, note);
    jobs.start(permit, audit(dynamo, event));
    Ok(Json(answer))
}

/// The job: one more line in the audit trail. The clerk already has the answer, so a
/// failure only goes to the log.
async fn audit(dynamo: Data<Dynamo>, event: OrderEvent) {
    // A worker that stops ends the connections to DynamoDB that it opened, and a call on
    // one of them fails. The second attempt opens another connection.
    for attempt in 1..=2 {
        match dynamo.put(&event).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(%error, attempt, order = %event.order, "not audited");
            }
        }
    }
}

/// What the clerk sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    /// A remark for the audit trail
    #[serde(default)]
    note: Note,
}

/// The order after its confirmation.
#[derive(Serialize, ToSchema)]
struct Confirmed {
    id: OrderId,
    status: OrderStatus,
    total_cents: u64,
}

/// What the clerk is told, and what the audit trail is told.
fn outcome(order: Order, note: Note) -> (Confirmed, OrderEvent) {
    let (id, status, total_cents) =
        (order.id.clone(), order.status, order.total_cents());
    let (tenant, order) = (order.tenant, order.id);
    let kind = EventKind::Confirmed;
    let event = OrderEvent { tenant, order, kind, total_cents, note };
    (Confirmed { id, status, total_cents }, event)
}

/// The background jobs of this process.
struct Jobs {
    #[expect(dead_code, reason = "nothing enforces the limits")]
    limits: Data<Limits>,
    /// Jobs that have not ended.
    alive: Gauge,
    /// Where jobs run. Each worker has a runtime that drops its tasks at a shutdown;
    /// this one belongs to the whole service.
    runtime: Handle,
    /// A handle of each job that was ever started, so that [`Jobs::drain`] can wait.
    running: Mutex<Vec<JoinHandle<()>>>,
}

/// Permission to run one job.
struct Permit {
    /// Counts the job until it ends.
    alive: GaugeGuard,
}

impl Jobs {
    fn new(context: &Context) -> Self {
        let limits = context.limits.clone();
        let alive = context.gauges.tasks.clone();
        let runtime = context.background.clone();
        Self { limits, alive, runtime, running: Mutex::default() }
    }

    fn admit(&self) -> Result<Permit, ServiceError> {
        Ok(Permit { alive: self.alive.hold() })
    }

    fn start(&self, permit: Permit, job: impl Future<Output = ()> + Send + 'static) {
        let handle = self.runtime.spawn(async move {
            job.await;
            drop(permit.alive);
        });
        // LEAK: nothing removes the handles of finished jobs. The end of a job frees
        // what its future had captured. The cell stays, because a handle is a reference
        // to it: kilobytes, since the state of an SDK call is stored inline.
        lock(&self.running).push(handle);
    }

    /// Waits for the jobs in progress: a shutdown must not lose an audit.
    async fn drain(&self) -> Result<(), Undone> {
        let running = std::mem::take(&mut *lock(&self.running));
        for job in running {
            // A job that panicked has been logged. There is nothing to wait for.
            let _ = job.await;
        }
        Ok(())
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let jobs = Data::new(Jobs::new(context));
    Lesson::new(|app| app.service(confirm))
        .state(jobs.clone())
        .drain(move |_| async move { jobs.drain().await })
}
