//! Confirm an order, and make the warehouse's picking list in a background job: the clerk
//! does not wait for the list, and a shutdown does.
//!
//! Nothing depends on the job. The confirmation and its audit entry are one transaction,
//! and the list is derived from the order: confirming again makes it again.
//!
//! tokio allocates one block per task, the task's cell. It is as large as the job's
//! future and is freed when the last reference to the task is gone.

use futures_util::future::join_all;
use heap::{Gauge, GaugeGuard};
use model::{Note, OrderStatus, PickingList};
use service::prelude::*;
use std::sync::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

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
    #[expect(dead_code, reason = "nothing enforces the limits")]
    limits: Data<Limits>,
    /// Jobs that have not ended.
    alive: Gauge,
    /// Where jobs run. Each worker has a runtime that drops its tasks at a shutdown;
    /// this one belongs to the whole service.
    runtime: Handle,
    /// One permit for each job that may use the database at the same time.
    turns: Semaphore,
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
        let dynamo = context.background_dynamo.clone();
        let limits = context.limits.clone();
        let alive = context.gauges.tasks.clone();
        let runtime = context.background.clone();
        let turns = Semaphore::new(limits.jobs_at_once_max);
        let running = Mutex::default();
        Self { dynamo, limits, alive, runtime, turns, running }
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

    /// Waits for the jobs in progress. Those that are left then name their orders.
    async fn drain(&self, deadline: Instant) -> Result<(), Undone> {
        let running = std::mem::take(&mut *lock(&self.running));
        timeout_at(deadline, join_all(running)).await.map_err(|_| Undone)?;
        Ok(())
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let jobs = Data::new(Jobs::new(context));
    Lesson::new(|app| app.service(confirm))
        .state(jobs.clone())
        .drain(move |deadline| async move { jobs.drain(deadline).await })
}
