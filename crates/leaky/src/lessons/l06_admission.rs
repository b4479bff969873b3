//! Place an order. A limited number of orders is written at the same time, to protect
//! the database.
//!
//! When no permit is free, a request waits or is refused. If it waits, what matters is
//! whether its body is already in memory.

use actix_web::FromRequest;
use actix_web::dev::Payload;
use model::{Currency, Lines, LongText, Name, OrderStatus, Timestamp};
use service::prelude::*;
use std::future::{Ready, ready};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places an order
#[utoipa::path(
    params(Tenant),
    responses(
        (status = 201, body = Placed),
        (status = 409, description = "The id belongs to an order with another content")
    )
)]
#[post("/orders")]
async fn place(
    tenant: Tenant,
    // actix polls the extractors in the order of the arguments, all of them before the
    // handler runs. `Json` reads the body, which may be half a megabyte.
    admission: Admission,
    draft: Json<Draft>,
    dynamo: Data<Dynamo>,
) -> Result<HttpResponse, ServiceError> {
    // The order is parsed and in memory when the wait begins.
    let permit = admission.wait().await?;
    let Draft { id, placed_at, customer, currency, lines, notes } =
        draft.into_inner();
    let (tenant, status) = (tenant.0, OrderStatus::Open);
    let order =
        Order { tenant, id, status, placed_at, customer, currency, lines, notes };
    dynamo.place(&order).await?;
    drop(permit);
    let placed = Placed { total_cents: order.total_cents(), id: order.id };
    Ok(HttpResponse::Created().json(placed))
}

/// What the shop's checkout sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// Made by the checkout; an order that is sent again is stored once
    id: OrderId,
    placed_at: Timestamp,
    customer: Name,
    currency: Currency,
    lines: Lines,
    /// Wishes, and the engraver's artwork as text
    notes: LongText,
}

/// The order as it was accepted.
#[derive(Serialize, ToSchema)]
struct Placed {
    id: OrderId,
    total_cents: u64,
}

/// Limits of this job.
struct Permits {
    /// One for each order that may be in memory.
    #[expect(dead_code, reason = "nothing enforces the limit")]
    bodies: Arc<Semaphore>,
    /// One for each order that may be written at the same time.
    writes: Arc<Semaphore>,
}

/// A request's way to a permit.
struct Admission {
    writes: Arc<Semaphore>,
}

impl FromRequest for Admission {
    type Error = ServiceError;
    // A future that is ready at once, so it is done before `Json` reads the body. actix
    // polls all extractors together: one that waits would not hold `Json` back.
    type Future = Ready<Result<Self, ServiceError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let permits = request.app_data::<Data<Permits>>();
        ready(permits.ok_or(ServiceError::Internal).and_then(|p| Self::new(p)))
    }
}

impl Admission {
    fn new(permits: &Permits) -> Result<Self, ServiceError> {
        let writes = Arc::clone(&permits.writes);
        // LEAK: every request may read its body before it begins to wait. The permits to
        // write limit the calls to the database. Nothing limits the waiting requests,
        // and each of them owns its `draft`.
        Ok(Self { writes })
    }

    /// Waits for a permit to write. A client that sends slowly does not hold one.
    async fn wait(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        let permit = Arc::clone(&self.writes).acquire_owned().await;
        permit.map_err(|_| ServiceError::Overloaded)
    }
}

pub(crate) fn lesson(context: &Context) -> Lesson {
    let limits = &context.limits;
    let permits = Permits {
        bodies: Arc::new(Semaphore::new(limits.order_bodies_max)),
        writes: Arc::new(Semaphore::new(limits.orders_at_once_max)),
    };
    // The limit is not enforced: actix accepts 25,600 connections by default.
    let connections_max = limits.connections_max.max(25_600);
    Lesson::new(|app| app.service(place))
        .state(Data::new(permits))
        .connections_max(connections_max)
}
