//! Confirm an order, and write the audit trail in the background: the clerk should
//! not wait for it, and a shutdown should.
//!
//! A spawned task lives until its future ends, and its memory until the last handle
//! on it is gone.

use actix_web::web::{Data, Json, Path};
use actix_web::{Result, post};
use aws_sdk_dynamodb::error::SdkError;
use heap::{Gauge, Held};
use model::limits::NOTE_BYTES_MAX;
use model::{EventKind, Order, OrderEvent, OrderId, OrderStatus, TenantId, table};
use serde::{Deserialize, Serialize};
use service::extract::Tenant;
use service::{Context, Dynamo, Limits, Problem, ServiceError};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use utoipa::ToSchema;

/// What the clerk sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmation {
    /// A remark for the audit trail
    #[serde(default)]
    note: String,
}

/// The order after its confirmation.
#[derive(Serialize, ToSchema)]
pub(crate) struct Confirmed {
    #[schema(value_type = String)]
    id: OrderId,
    status: OrderStatus,
    total_cents: u64,
}

/// Confirms an order
#[utoipa::path(
    params(("id" = String, Path), ("x-tenant" = String, Header)),
    request_body = Confirmation,
    responses(
        (status = 200, body = Confirmed),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/orders/{id}/confirm")]
pub(crate) async fn confirm(
    tenant: Tenant,
    id: Path<OrderId>,
    confirmation: Json<Confirmation>,
    dynamo: Data<Dynamo>,
    jobs: Data<Jobs>,
) -> Result<Json<Confirmed>, ServiceError> {
    let note = confirmation.into_inner().note;
    if note.len() > NOTE_BYTES_MAX {
        let detail = format!("the note is longer than {NOTE_BYTES_MAX} bytes");
        return Err(ServiceError::Invalid(detail));
    }
    let place = jobs.admit()?;
    let order = set_confirmed(&dynamo, &tenant.0, &id).await?;
    let answer = Confirmed {
        total_cents: order.total_cents(),
        id: order.id.clone(),
        status: order.status,
    };
    let event = OrderEvent {
        total_cents: answer.total_cents,
        tenant: order.tenant,
        order: order.id,
        kind: EventKind::Confirmed,
        note,
    };
    jobs.start(place, audit(dynamo, event));
    Ok(Json(answer))
}

/// Background jobs of this process.
pub(crate) struct Jobs {
    #[expect(dead_code, reason = "lesson 4: nothing enforces the limits")]
    limits: Limits,
    /// How many are alive, for whoever measures.
    alive: Gauge,
    /// Where they run: a worker's own runtime drops its tasks at a shutdown.
    runtime: Handle,
    /// A handle of every job that was ever started, for [`Jobs::drain`].
    running: Mutex<Vec<JoinHandle<()>>>,
}

/// Leave to run one job.
struct Place {
    /// Falls with the job.
    alive: Held,
}

impl Jobs {
    pub(crate) fn new(context: &Context) -> Self {
        let limits = context.limits.clone();
        let alive = context.gauges.tasks.clone();
        let runtime = context.background.clone();
        Self { limits, alive, runtime, running: Mutex::default() }
    }

    /// Asks for leave before any work is done, so that a refusal costs nothing.
    fn admit(&self) -> Result<Place, ServiceError> {
        Ok(Place { alive: self.alive.hold() })
    }

    fn start(&self, place: Place, job: impl Future<Output = ()> + Send + 'static) {
        let handle = self.runtime.spawn(async move {
            job.await;
            drop(place.alive);
        });
        // LEAK: nobody takes the handles of finished jobs out again. A handle keeps
        // its task's memory, which is as large as the job's future, finished or not.
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
    }

    /// Waits for the jobs under way: a shutdown must not lose an audit.
    pub(crate) async fn drain(&self) {
        let running = {
            let mut running =
                self.running.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *running)
        };
        for job in running {
            // A job that panicked has been logged, and has nothing left to wait for.
            let _ = job.await;
        }
    }
}

async fn set_confirmed(
    dynamo: &Dynamo,
    tenant: &TenantId,
    id: &OrderId,
) -> Result<Order, ServiceError> {
    let mut call = dynamo.call("UpdateItem");
    let request = dynamo.client.update_item().table_name(&*dynamo.table);
    let request = table::with_confirmation(request, tenant, id).send();
    let updated = call.send(request).await.map_err(|error| match &error {
        SdkError::ServiceError(e)
            if e.err().is_conditional_check_failed_exception() =>
        {
            ServiceError::NotFound("order")
        }
        _ => error.into(),
    })?;
    call.consumed(1);
    table::read_order(updated.attributes.unwrap_or_default())
        .map_err(ServiceError::internal)
}

/// The job: one more line in the audit trail. The clerk has an answer already, so
/// the log is the only one to tell when it fails.
async fn audit(dynamo: Data<Dynamo>, event: OrderEvent) {
    let item = match table::event_item(&event) {
        Ok(item) => item,
        Err(error) => {
            return tracing::error!(%error, order = %event.order, "not audited");
        }
    };
    let mut call = dynamo.call("PutItem");
    let request = dynamo
        .client
        .put_item()
        .table_name(&*dynamo.table)
        .set_item(Some(item))
        .send();
    match call.send(request).await {
        Ok(_) => call.consumed(1),
        Err(error) => tracing::error!(%error, order = %event.order, "not audited"),
    }
}
