//! Confirm an order and write its audit trail in a background job: the clerk does not
//! wait for the audit, and a shutdown does.
//!
//! tokio allocates one block per task, the task's cell. It is as large as the job's
//! future and is freed when the last reference to the task is gone.

use heap::{Gauge, GaugeGuard};
use model::{EventKind, Note, OrderEvent, OrderStatus};
use service::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

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
    limits: Data<Limits>,
    /// Jobs that have not ended.
    alive: Gauge,
    /// Where jobs run. Each worker has a runtime that drops its tasks at a shutdown;
    /// this one belongs to the whole service.
    runtime: Handle,
    /// One permit for each job that may run at the same time.
    permits: Arc<Semaphore>,
    /// Counts the jobs, so that [`Jobs::drain`] can wait. It keeps no handles.
    running: TaskTracker,
}

/// Permission to run one job.
struct Permit {
    /// Counts the job until it ends.
    alive: GaugeGuard,
    /// Returns to the semaphore when the job ends.
    semaphore: OwnedSemaphorePermit,
}

impl Jobs {
    fn new(context: &Context) -> Self {
        let limits = context.limits.clone();
        let alive = context.gauges.tasks.clone();
        let runtime = context.background.clone();
        let permits = Arc::new(Semaphore::new(limits.jobs_max));
        Self { limits, alive, runtime, permits, running: TaskTracker::new() }
    }

    fn admit(&self) -> Result<Permit, ServiceError> {
        // Without waiting: a queue of waiting requests would only move the problem.
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        let semaphore = permit.map_err(|_| ServiceError::Overloaded)?;
        Ok(Permit { alive: self.alive.hold(), semaphore })
    }

    fn start(&self, permit: Permit, job: impl Future<Output = ()> + Send + 'static) {
        let deadline = Duration::from_millis(self.limits.job_deadline_ms);
        let job = async move {
            if timeout(deadline, job).await.is_err() {
                tracing::error!(?deadline, "a background job was given up");
            }
            drop((permit.alive, permit.semaphore));
        };
        // FIX: `spawn_on` returns a handle, which is dropped at the end of this line, so
        // the cell is freed when the job ends. The permit limits how many cells there
        // are, and the deadline how long each one stays.
        self.running.spawn_on(job, &self.runtime);
    }

    /// Waits for the jobs in progress: a shutdown must not lose an audit.
    async fn drain(&self) -> Result<(), Undone> {
        self.running.close();
        self.running.wait().await;
        Ok(())
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let jobs = Data::new(Jobs::new(context));
    Lesson::new(|app| app.service(confirm))
        .state(jobs.clone())
        .drain(move |_| async move { jobs.drain().await })
}
