//! Confirm an order, and make the warehouse's picking list in a background job: the clerk
//! does not wait for the list, and a shutdown does.
//!
//! Nothing depends on the job. The confirmation and its audit entry are one transaction,
//! and the list is derived from the order: confirming again makes it again.
//!
//! tokio allocates one block per task, the task's cell. It is as large as the job's
//! future and is freed when the last reference to the task is gone.

use heap::{Gauge, GaugeGuard};
use model::{Note, OrderStatus, PickingList};
use service::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

/// Confirms an order
#[utoipa::path(
    params(Tenant),
    responses(
        (status = 200, body = Confirmed),
        (status = 409, description = "An open order has an audit entry already")
    )
)]
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
    let order = dynamo.confirm(&tenant, &id, note).await?;
    let answer = Confirmed {
        id: order.id.clone(),
        status: order.status,
        total_cents: order.total_cents(),
    };
    // The job owns its order: it goes on when the request and its memory are gone.
    jobs.start(permit, make_list(Data::clone(&jobs), order));
    Ok(Json(answer))
}

/// The job. The clerk already has the answer, so a failure only goes to the log.
async fn make_list(jobs: Data<Jobs>, order: Order) {
    let mut unmade = Unmade(Some(order.id.clone()));
    // A job that runs uses a connection to DynamoDB; one that waits has none.
    let _turn = jobs.turns.acquire().await;
    if jobs.dynamo.put(&PickingList::from(order)).await.is_ok() {
        unmade.0 = None;
    }
}

/// Names an order in the log if its job fails, or is dropped before its end.
struct Unmade(Option<OrderId>);

impl Drop for Unmade {
    fn drop(&mut self) {
        if let Some(order) = &self.0 {
            tracing::error!(%order, "no picking list; confirming again makes it");
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

/// The background jobs of this process.
struct Jobs {
    dynamo: Data<Dynamo>,
    limits: Data<Limits>,
    /// Jobs that have not ended.
    alive: Gauge,
    /// Where jobs run. Each worker has a runtime that drops its tasks at a shutdown;
    /// this one belongs to the whole service.
    runtime: Handle,
    /// One permit for each job that may use the database at the same time.
    turns: Semaphore,
    /// One permit for each job that runs or waits for its turn.
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
        let dynamo = context.background_dynamo.clone();
        let limits = context.limits.clone();
        let alive = context.gauges.tasks.clone();
        let runtime = context.background.clone();
        let turns = Semaphore::new(limits.jobs_at_once_max);
        let permits = Arc::new(Semaphore::new(limits.jobs_max));
        let running = TaskTracker::new();
        Self { dynamo, limits, alive, runtime, turns, permits, running }
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
            // A job that is given up names its order in the log.
            let _ = timeout(deadline, job).await;
            drop((permit.alive, permit.semaphore));
        };
        // FIX: `spawn_on` returns a handle, which is dropped at the end of this line, so
        // the cell is freed when the job ends. The permit limits how many cells there
        // are, and the deadline how long each one stays.
        self.running.spawn_on(job, &self.runtime);
    }

    /// Waits for the jobs in progress. Those that are left then name their orders.
    async fn drain(&self, deadline: Instant) -> Result<(), Undone> {
        self.running.close();
        timeout_at(deadline, self.running.wait()).await.map_err(|_| Undone)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let jobs = Data::new(Jobs::new(context));
    Lesson::new(|app| app.service(confirm))
        .state(jobs.clone())
        .drain(move |deadline| async move { jobs.drain(deadline).await })
}
